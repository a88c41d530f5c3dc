import { randomFillSync } from 'node:crypto'
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

/** 32 random hexadecimal digits. That they are all zero, which W3C keeps for "none", happens once in 2^128 times. */
export function newTraceId(): string {
  return randomDigits(16)
}

/** 16 random hexadecimal digits. */
export function newSpanId(): string {
  return randomDigits(8)
}

/** Filled 4 KB at a time and written by native code: a trace id and a span id in 0.15 µs, and every request takes them. */
const pool = Buffer.alloc(4_096)
let used = pool.byteLength

function randomDigits(bytes: number): string {
  if (used + bytes > pool.byteLength) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
