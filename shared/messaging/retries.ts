import { setTimeout as pause } from 'node:timers/promises'
import type { Contract, WorkerName } from '#shared/contracts/contract.ts'
import { errorCodeOf } from '#shared/errors.ts'
import type { Bus, RetryPolicy, Send } from './bus.ts'
import { type MessageContext, remainingMs } from './headers.ts'
import { LiveInstances } from './live-instances.ts'
import type { MessagingMetrics } from './messaging-metrics.ts'

/** Short, because callers must soon learn that no worker is running. */
const backoffMs = 20
/** An instance counts as alive for this long after its last answer to a ping: for a first request, and for a hedge. */
const aliveForFirstMs = 100
const aliveForHedgeMs = 5
/** After an instance did not answer in time, requests bypass its queue group for this long. */
const bypassMs = 1_000
/** Longest wait of such a request for a live instance. */
const findMs = 50

/** No worker answered. Any other error is an answer. */
const noAnswer = new Set(['no_worker', 'unavailable', 'overloaded', 'worker_timeout'])
const retryableRead = new Set(['no_worker', 'unavailable', 'overloaded'])
/** The command may be in progress; its key prevents a second execution. */
const retryableCommand = new Set(['no_worker', 'unavailable'])

/** Retries and hedges within a budget, in the outermost process only: retries in several layers would multiply. */
export class Retries implements RetryPolicy {
  readonly #metrics: MessagingMetrics
  readonly #budget = new RetryBudget()
  readonly #answerTimes = new Map<string, AnswerTimes>()
  readonly #liveInstances = new Map<WorkerName, LiveInstances>()
  /** Until when the queue group of a worker is bypassed. */
  readonly #bypassUntil = new Map<WorkerName, number>()

  constructor(metrics: MessagingMetrics) {
    this.#metrics = metrics
  }

  /** Reads are retried and hedged; commands are retried only with their idempotency key, and never hedged. */
  async call<Reply>(bus: Bus, contract: Contract, context: MessageContext, send: Send<Reply>): Promise<Reply> {
    this.#budget.earn()
    if (contract.readOnly) return this.#read(bus, contract, context, send)
    if (context.idempotencyKey === undefined) return send()
    return send().catch((error) => this.#retry(contract, context, send, error, retryableCommand))
  }

  async #read<Reply>(bus: Bus, contract: Contract, context: MessageContext, send: Send<Reply>): Promise<Reply> {
    const { worker, subject, deadlineMs } = contract
    const times = getOrCreate(this.#answerTimes, subject, () => new AnswerTimes())
    const instances = getOrCreate(this.#liveInstances, worker, () => new LiveInstances(bus, worker))
    instances.refresh()
    const timedSend: Send<Reply> = async (instance) => {
      const startedAt = performance.now()
      const reply = await send(instance)
      times.add(performance.now() - startedAt)
      return reply
    }
    const isBypassed = performance.now() < (this.#bypassUntil.get(worker) ?? 0)
    const first = timedSend(isBypassed ? await findSoon(instances) : undefined).catch((error) =>
      this.#retry(contract, context, send, error, retryableRead),
    )
    if (await settlesWithin(first, times.usualMs(deadlineMs))) return first
    return firstAnswer(first, this.#hedge(contract, instances, first, timedSend))
  }

  /** Sends to a live instance: the queue group might choose the slow one again. */
  async #hedge<Reply>(
    { worker, subject }: Contract,
    instances: LiveInstances,
    first: Promise<Reply>,
    send: Send<Reply>,
  ): Promise<Reply> {
    let answered = false
    const markAnswered = (): undefined => {
      answered = true
    }
    const ended = first.then(markAnswered, markAnswered)
    const instance = await Promise.race([instances.find(aliveForHedgeMs), ended])
    if (answered || instance === undefined || !this.#mayRetry(subject, 'slow')) return first
    const reply = await send(instance)
    if (!answered) this.#bypassUntil.set(worker, performance.now() + bypassMs)
    return reply
  }

  /** Throws `error`, that of the first attempt, unless it is retryable and time and budget are left. */
  async #retry<Reply>(
    { subject }: Contract,
    context: MessageContext,
    send: Send<Reply>,
    error: unknown,
    retryable: ReadonlySet<string>,
  ): Promise<Reply> {
    const code = errorCodeOf(error)
    if (!retryable.has(code) || remainingMs(context) <= backoffMs || !this.#mayRetry(subject, code)) throw error
    await pause(backoffMs)
    return send().catch((again) => {
      // Then the first request arrived after all, and is in progress.
      throw errorCodeOf(again) === 'idempotency_key_in_use' ? error : again
    })
  }

  #mayRetry(subject: string, reason: string): boolean {
    const may = this.#budget.spend()
    if (may) this.#metrics.retried(subject, reason)
    else this.#metrics.retryRefused(subject)
    return may
  }
}

function getOrCreate<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const value = map.get(key) ?? create()
  map.set(key, value)
  return value
}

async function findSoon(instances: LiveInstances): Promise<string | undefined> {
  const found = instances.find(aliveForFirstMs)
  return (await settlesWithin(found, findMs)) ? found : undefined
}

function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false)
    const settled = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    promise.then(settled, settled)
  })
}

/** The first answer; if there is none, the error of the first request. */
async function firstAnswer<Reply>(first: Promise<Reply>, hedge: Promise<Reply>): Promise<Reply> {
  const answers = [first, hedge].map(async (reply) => {
    try {
      const value = await reply
      return () => value
    } catch (error) {
      if (noAnswer.has(errorCodeOf(error))) throw error
      return () => {
        throw error
      }
    }
  })
  const answer = await Promise.any(answers).catch(() => null)
  return answer === null ? first : answer()
}

/** How long the last 200 answers of an operation took. */
export class AnswerTimes {
  readonly #lastMs = new Float64Array(200)
  #count = 0
  /** Used before the first 50 answers. */
  #usualMs = 100

  add(ms: number): void {
    this.#lastMs[this.#count % this.#lastMs.length] = ms
    this.#count += 1
    // Sorting takes about 5 µs.
    if (this.#count % 50 !== 0) return
    const sorted = this.#lastMs.slice(0, this.#count).sort()
    this.#usualMs = sorted[Math.floor(0.99 * (sorted.length - 1))] ?? this.#usualMs
  }

  /** The 99th percentile, at least 20 ms and at most a third of `deadlineMs`. */
  usualMs(deadlineMs: number): number {
    return Math.min(Math.max(20, this.#usualMs), deadlineMs / 3)
  }
}

const earnedPerCall = 0.1
/** Enough to work around one frozen worker while there is little traffic. */
const earnedPerSecond = 10
const maxSaved = 100

/** Calls earn retries in advance: when everything is slow or down, retries add only a tenth to the load. Starts full. */
export class RetryBudget {
  #saved = maxSaved
  #countedAt = performance.now()

  /** Call it once for each call. */
  earn(): void {
    this.#saved = Math.min(maxSaved, this.#saved + earnedPerCall)
  }

  /** Spends one retry; false if the budget is used up. */
  spend(): boolean {
    const now = performance.now()
    this.#saved = Math.min(maxSaved, this.#saved + ((now - this.#countedAt) / 1_000) * earnedPerSecond)
    this.#countedAt = now
    if (this.#saved < 1) return false
    this.#saved -= 1
    return true
  }
}
