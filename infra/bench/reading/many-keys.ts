import type { Traffic } from './closed-loop.ts'
import type { System } from './fronts.ts'
import { sampleOf } from './measure.ts'
import { getRequest } from './requests.ts'
import { rounded } from './results.ts'

/** What readers get while answers come and go. */
export interface ReadingFigures {
  readonly keys: number
  /** Of all answers, those that came out of a cache. */
  readonly hit_share: number
  readonly requests_per_second: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly failures: number
}

export interface ManyKeysOptions {
  /** As many as there are keys. */
  readonly eventIds: readonly string[]
  /** Answers which of them is read next. */
  next(): number
  readonly leadInMs: number
  readonly measuredMs: number
  readonly stopping: AbortSignal
}

/** Readers of single events. */
export async function readManyKeys(system: System, options: ManyKeysOptions): Promise<ReadingFigures> {
  const { eventIds, next, ...lengths } = options
  const requests = eventIds.map((id) => Buffer.from(getRequest(`/events/${id}`), 'latin1'))
  let [answers, hits] = [0, 0]
  const traffic: Traffic = {
    next: () => requests[next()] as Buffer,
    isGood({ status, head }) {
      answers += 1
      if (/\r\ncache-status: gateway; hit/i.test(head)) hits += 1
      return status === 200
    },
  }
  const sample = await sampleOf(system, { scenario: 'hit', traffic, connections: 50, ...lengths })
  return {
    keys: eventIds.length,
    hit_share: rounded(hits / answers, 4),
    requests_per_second: rounded(sample.requests_per_second, 0),
    p50_ms: rounded(sample.p50_ms, 2),
    p99_ms: rounded(sample.p99_ms, 2),
    failures: sample.failures,
  }
}
