import { setTimeout as pause } from 'node:timers/promises'
import { organiserKey } from '../../system/temporary-settings.ts'
import { organise } from '../organise.ts'
import { rounded } from '../quantile.ts'
import { type Answering, type SampleOptions, sampleOf, type Traffic } from '../sample.ts'
import { getRequest } from './requests.ts'

/** What readers of single events get while answers come and go. */
export interface ReadingFigures {
  readonly keys: number
  /** Of all answers, those that came out of a cache. */
  readonly hit_share: number
  readonly requests_per_second: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly failures: number
}

export interface ManyKeysOptions extends Pick<SampleOptions, 'leadInMs' | 'measuredMs' | 'stopping'> {
  readonly eventIds: readonly string[]
  /** Answers which of them is read next. */
  next(): number
}

export async function readManyKeys(system: Answering, options: ManyKeysOptions): Promise<ReadingFigures> {
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
  const sample = await sampleOf(system, { traffic, connections: 50, ...lengths })
  return {
    keys: eventIds.length,
    hit_share: rounded(hits / answers, 4),
    requests_per_second: rounded(sample.requests_per_second, 0),
    p50_ms: rounded(sample.p50_ms, 2),
    p99_ms: rounded(sample.p99_ms, 2),
    failures: sample.failures,
  }
}

const changesPerSecond = 100

export interface ChangingFigures extends ReadingFigures {
  readonly changes_per_second: number
  readonly failed_changes: number
}

/** Readers of events whose sales an organiser pauses and resumes in turn at another gateway: each time, what was cached is not true any more. */
export async function readWhileChanging(
  system: Answering,
  { organiserUrl, ...reading }: Omit<ManyKeysOptions, 'next'> & { readonly organiserUrl: string },
): Promise<ChangingFigures> {
  const { eventIds } = reading
  const everyMs = (1_000 * eventIds.length) / changesPerSecond
  let [isOver, changes, failures, turn] = [false, 0, 0, 0]
  const organiser = { url: organiserUrl, key: organiserKey }
  const keepChanging = async (id: string): Promise<void> => {
    let action = 'pause'
    while (!isOver) {
      const next = pause(everyMs)
      try {
        await organise(organiser, 'POST', `/admin/events/${id}/${action}`)
        changes += 1
        action = action === 'pause' ? 'resume' : 'pause'
      } catch {
        failures += 1
      }
      await next
    }
  }
  const begin = performance.now()
  const changing = Promise.all(eventIds.map(keepChanging))
  const next = (): number => {
    turn = (turn + 1) % eventIds.length
    return turn
  }
  const read = await readManyKeys(system, { ...reading, next }).finally(() => {
    isOver = true
  })
  const seconds = (performance.now() - begin) / 1_000
  await changing
  return { ...read, changes_per_second: rounded(changes / seconds, 0), failed_changes: failures }
}

/**
 * Draws numbers from 0 to `count` - 1 of which the n-th comes 1/n times as often as the first (Zipf's law with exponent 1): what
 * readers of a catalogue ask for.
 */
export function zipf(count: number): () => number {
  const cumulated = new Float64Array(count)
  let sum = 0
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1)
    cumulated[index] = sum
  }
  return () => {
    const wanted = Math.random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulated[middle] as number) <= wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
