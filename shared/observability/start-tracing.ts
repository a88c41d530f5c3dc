import type { TracingOptions } from './export-spans.ts'

/**
 * Starts the export of spans unless it is disabled; the answer ends it. The SDK is loaded only then: it takes half of the
 * time that a process needs to start.
 */
export async function startTracing(options: TracingOptions & { disabled: boolean }): Promise<() => Promise<void>> {
  if (options.disabled) return async () => undefined
  const { exportSpans } = await import('./export-spans.ts')
  return exportSpans(options)
}
