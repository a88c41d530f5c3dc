import { setTimeout as wait } from 'node:timers/promises'
import type { StoredSpan } from '#shared/observability/stored-span.ts'
import { findTraces, readTrace } from './stored-spans.ts'

export interface FoundTrace {
  readonly spans: readonly StoredSpan[]
  /** Traces of earlier requests with the same id, the latest first. */
  readonly others: readonly string[]
}

export interface FindOptions {
  readonly directory: string
  /** A request id or a trace id. */
  readonly id: string
  /** Whether spans may still be on their way. */
  readonly isRunning: boolean
}

/** Processes send their spans twice a second; a trace in which nothing has ended for so long is all there. */
const quietMs = 1_000
const patienceMs = 2_000
const askAgainMs = 200

/** The trace of an id, once it is complete or its last spans have kept us waiting for 2 s; `null` when there is none. */
export async function findTrace({ directory, id, isRunning }: FindOptions): Promise<FoundTrace | null> {
  const giveUpAt = performance.now() + (isRunning ? patienceMs : 0)
  for (;;) {
    const found = readNow(directory, id)
    if ((found !== null && isQuiet(found.spans)) || performance.now() >= giveUpAt) return found
    await wait(askAgainMs)
  }
}

/** Whether it looks like the id of a trace. */
export function isTraceId(id: string): boolean {
  return /^[\da-f]{32}$/.test(id)
}

function readNow(directory: string, id: string): FoundTrace | null {
  // A client may call its request whatever it likes, so the longer search comes second.
  const asTrace = isTraceId(id) ? readTrace(directory, id) : []
  if (asTrace.length > 0) return { spans: asTrace, others: [] }
  const [latest, ...others] = findTraces(directory, id)
  return latest === undefined ? null : { spans: readTrace(directory, latest), others }
}

function isQuiet(spans: readonly StoredSpan[]): boolean {
  const lastEndMs = spans.reduce((last, { endUs }) => Math.max(last, endUs / 1_000), 0)
  return Date.now() - lastEndMs > quietMs
}
