import type { TracingOptions } from './export-spans.ts'
import { sampleNewTraces } from './tracing.ts'

/**
 * Begins to sample, and to export spans unless that is disabled; the answer ends it. The SDK is loaded only then: it takes half of the
 * time that a process needs to start.
 */
export async function startTracing(options: TracingOptions & { disabled: boolean }): Promise<() => Promise<void>> {
  sampleNewTraces(options.sampleRatio)
  if (options.disabled) return async () => undefined
  const { exportSpans } = await import('./export-spans.ts')
  return exportSpans(options)
}
