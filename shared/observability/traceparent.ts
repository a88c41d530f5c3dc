import type { SpanContext } from '@opentelemetry/api'

/** W3C Trace Context: version 00 as it is; a later version may have more behind it, which must be ignored. */
const form = /^(?!ff)(?!00-.{52}-)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/
const noTrace = '0'.repeat(32)
const noSpan = '0'.repeat(16)

/** The span that a `traceparent` header names; `null` for none or an invalid one, with which a new trace begins. */
export function parseTraceparent(header: string | undefined): SpanContext | null {
  if (header === undefined) return null
  const [, traceId, spanId, flags] = form.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  if (traceId === noTrace || spanId === noSpan) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}
