import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { median } from '../bench/quantile.ts'

/* What is counted while a run goes on: by second, for the panel and the charts, and in all. */

export const steps = ['event', 'join', 'look', 'serving', 'ranks', 'pass', 'hold', 'pay', 'leave'] as const

/** What a buyer asks for. `look`: their own place; `serving` and `ranks`: what is the same for everybody. */
export type Step = (typeof steps)[number]

/** Kinds of answers. `taken`: others were faster, or nothing is left; `busy`: 429 and 503; `none`: no answer in time. */
export const answerClasses = ['done', 'taken', 'refused', 'busy', 'failed', 'none'] as const

export type AnswerClass = (typeof answerClasses)[number]

/** Where buyers are. */
export const states = ['coming', 'queueing', 'choosing', 'paying', 'gone'] as const

export type State = (typeof states)[number]

export interface Quantiles {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What the system's own records and the stream of seats say at one moment. */
export interface Sample {
  readonly waiting: number
  readonly called: number
  readonly active: number
  readonly serving: number
  /** Buyers a minute that the room calls now; null where it is unknown. */
  readonly rate: number | null
  readonly free: number
  readonly held: number
  readonly sold: number
}

export interface Second extends Sample {
  /** Seconds from the opening to its end. */
  readonly at: number
  readonly arrived: number
  readonly admitted: number
  readonly answers: Readonly<Record<AnswerClass, number>>
  /** Of answers in it; a step without any is left out. */
  readonly latencies: Readonly<Partial<Record<Step, Quantiles>>>
  readonly deltas: Quantiles | null
  /** Median of what those were promised who asked in it, and of how long they then waited; seconds. */
  promisedS: number | null
  waitedS: number | null
}

/** A promised wait, and when it was promised. */
interface Promised {
  readonly atMs: number
  readonly p50S: number
  waitedS: number | null
}

/** A purchase that was answered with 201: it must be found in the database. */
export interface Told {
  readonly userId: string
  readonly bookingId: string
  readonly totalMinor: number
  readonly tickets: number
}

const microseconds = 1_000

export class Tally {
  readonly seconds: Second[] = []
  readonly purchases: Told[] = []
  /** Buyers without any answer, although they tried again. */
  readonly unanswered = new Set<string>()
  readonly endings = new Map<string, number>()
  /** Of places in the draw: some buyers take one. */
  readonly receipts: string[] = []
  /** Two tabs of one buyer got two places. */
  secondPlaces = 0
  readonly forged = { tried: 0, accepted: 0 }
  readonly inState: Record<State, number>
  /** When the sale opened, by `performance.now()`; until then when it is to. */
  opensAtMs = Number.POSITIVE_INFINITY
  readonly #promised: Promised[] = []
  readonly #total = newHistograms()
  readonly #deltasTotal = createHistogram()
  #present = newHistograms()
  #deltas = createHistogram()
  #answers = noAnswers()
  #arrived = 0
  #admitted = 0
  readonly answersInAll = noAnswers()

  constructor(buyers: number) {
    this.inState = { coming: buyers, queueing: 0, choosing: 0, paying: 0, gone: 0 }
  }

  answered(step: Step, kind: AnswerClass, ms: number): void {
    this.#answers[kind] += 1
    this.answersInAll[kind] += 1
    record(this.#present[step], ms)
    record(this.#total[step], ms)
  }

  move(from: State, to: State): void {
    this.inState[from] -= 1
    this.inState[to] += 1
    if (from === 'coming') this.#arrived += 1
    if (to === 'choosing' && from === 'queueing') this.#admitted += 1
  }

  ended(how: string): void {
    this.endings.set(how, (this.endings.get(how) ?? 0) + 1)
  }

  /** Answers a function to be called when the wait is over. */
  promised(p50S: number): () => void {
    const promised: Promised = { atMs: performance.now(), p50S, waitedS: null }
    this.#promised.push(promised)
    return () => {
      promised.waitedS = (performance.now() - promised.atMs) / 1_000
    }
  }

  /** A changed seat was heard of so long after the answer that changed it. */
  heard(ms: number): void {
    record(this.#deltas, ms)
    record(this.#deltasTotal, ms)
  }

  /** Ends the present second. */
  tick(sample: Sample): Second {
    const second: Second = {
      at: Math.round((performance.now() - this.opensAtMs) / 1_000),
      ...sample,
      arrived: this.#arrived,
      admitted: this.#admitted,
      answers: this.#answers,
      latencies: Object.fromEntries(
        steps.flatMap((step) => (this.#present[step].count > 0 ? [[step, quantiles(this.#present[step])]] : [])),
      ),
      deltas: this.#deltas.count > 0 ? quantiles(this.#deltas) : null,
      promisedS: null,
      waitedS: null,
    }
    this.seconds.push(second)
    this.#present = newHistograms()
    this.#deltas = createHistogram()
    this.#answers = noAnswers()
    this.#arrived = 0
    this.#admitted = 0
    return second
  }

  /** By step, of the whole run. */
  latencies(): Readonly<Record<Step, Quantiles>> {
    return Object.fromEntries(steps.map((step) => [step, quantiles(this.#total[step])])) as Record<Step, Quantiles>
  }

  deltas(): Quantiles {
    return quantiles(this.#deltasTotal)
  }

  /** How good the promises were whose wait is over, and puts them beside the seconds in which they were made. */
  promises(): Promises {
    const kept = this.#promised.filter(({ waitedS, p50S }) => waitedS !== null && waitedS >= 1 && p50S >= 1)
    const bySecond = Map.groupBy(kept, ({ atMs }) => Math.round((atMs - this.opensAtMs) / 1_000))
    for (const second of this.seconds) {
      const made = bySecond.get(second.at)
      second.promisedS = made === undefined ? null : median(made.map(({ p50S }) => p50S))
      second.waitedS = made === undefined ? null : median(made.map(({ waitedS }) => waitedS ?? 0))
    }
    return {
      count: kept.length,
      medianError: median(kept.map(({ p50S, waitedS }) => Math.abs(p50S - (waitedS ?? 0)) / (waitedS ?? 1))),
      withinTwice: kept.filter(({ p50S, waitedS }) => (waitedS ?? 0) <= 2 * p50S).length / kept.length,
    }
  }
}

export interface Promises {
  readonly count: number
  /** Of |promised − waited| ÷ waited; NaN without any. */
  readonly medianError: number
  /** Share of those who waited at most twice as long. */
  readonly withinTwice: number
}

function newHistograms(): Record<Step, RecordableHistogram> {
  return Object.fromEntries(steps.map((step) => [step, createHistogram()])) as Record<Step, RecordableHistogram>
}

function noAnswers(): Record<AnswerClass, number> {
  return Object.fromEntries(answerClasses.map((kind) => [kind, 0])) as Record<AnswerClass, number>
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * microseconds)))
}

function quantiles(histogram: RecordableHistogram): Quantiles {
  const ms = (percentile: number): number =>
    histogram.count === 0 ? 0 : Math.round(histogram.percentile(percentile) / (microseconds / 10)) / 10
  return { count: histogram.count, p50Ms: ms(50), p99Ms: ms(99) }
}
