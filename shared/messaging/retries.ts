import { setTimeout as pause } from 'node:timers/promises'
import type { Contract, WorkerName } from '#shared/contracts/contract.ts'
import { errorCodeOf } from '#shared/errors.ts'
import { AnswerTimes } from './answer-times.ts'
import type { Bus } from './bus.ts'
import { type MessageContext, remainingMs } from './headers.ts'
import { LiveInstances } from './live-instances.ts'
import type { MessagingMetrics } from './messaging-metrics.ts'
import { RetryBudget } from './retry-budget.ts'

/** Sends a request to whichever instance gets it, or to a certain one. */
export type Send<Reply> = (instance?: string) => Promise<Reply>

/** After a failure that came at once. Short, since absence shall be known at once too. */
const pauseMs = 20
/** Signs of life that count: of whom a request is sent to in the first place, and of whom it is sent to as the last resort. */
const aliveLatelyMs = 100
const aliveNowMs = 5
/** So long after an instance did not answer in time, requests are sent past it. */
const avoidMs = 1_000
/** Meanwhile, so long is it waited for one that is alive. */
const findMs = 50

/** Nobody has answered; anything else is an answer, refusals among it. */
const noAnswer = new Set(['no_worker', 'unavailable', 'overloaded', 'worker_timeout'])
const worthAnotherRead = new Set(['no_worker', 'unavailable', 'overloaded'])
/** The command may have been begun; its key keeps it from being done twice. */
const worthAnotherCommand = new Set(['no_worker', 'unavailable'])

/**
 * Asks a second time what was not answered, within a budget. Only the process at the edge does so: retries at several layers would
 * multiply.
 */
export class Retries {
  readonly #metrics: MessagingMetrics
  readonly #budget = new RetryBudget()
  readonly #answerTimes = new Map<string, AnswerTimes>()
  readonly #liveInstances = new Map<WorkerName, LiveInstances>()
  /** Until when a worker's queue group is taken to have a member that does not answer. */
  readonly #avoidUntil = new Map<WorkerName, number>()

  constructor(metrics: MessagingMetrics) {
    this.#metrics = metrics
  }

  /** Reads are sent again freely, commands only with their key. */
  async call<Reply>(bus: Bus, contract: Contract, context: MessageContext, send: Send<Reply>): Promise<Reply> {
    this.#budget.earn()
    if (contract.readOnly) return this.#read(bus, contract, context, send)
    if (context.idempotencyKey === undefined) return send()
    return send().catch(async (error) => {
      if (!worthAnotherCommand.has(errorCodeOf(error))) throw error
      return this.#sendAgain(contract, context, send, error)
    })
  }

  async #read<Reply>(bus: Bus, contract: Contract, context: MessageContext, send: Send<Reply>): Promise<Reply> {
    const { worker, subject, deadlineMs } = contract
    const times = this.#timesOf(subject)
    this.#instancesOf(bus, worker).look()
    const timedSend: Send<Reply> = async (instance) => {
      const begin = performance.now()
      const reply = await send(instance)
      times.add(performance.now() - begin)
      return reply
    }
    const isAvoided = performance.now() < (this.#avoidUntil.get(worker) ?? 0)
    const first = timedSend(isAvoided ? await this.#aliveSoon(bus, worker) : undefined).catch(async (error) => {
      if (!worthAnotherRead.has(errorCodeOf(error))) throw error
      return this.#sendAgain(contract, context, send, error)
    })
    if (await settlesWithin(first, times.usualMs(deadlineMs))) return first
    return firstAnswer(first, this.#hedge(bus, contract, first, timedSend))
  }

  /** The instance to be asked while the queue group is avoided; `undefined` when none is found soon. */
  async #aliveSoon(bus: Bus, worker: WorkerName): Promise<string | undefined> {
    const found = this.#findLive(bus, worker, aliveLatelyMs)
    return (await settlesWithin(found, findMs)) ? found : undefined
  }

  /** Asks an instance that is alive: the queue group might choose the same one again. */
  async #hedge<Reply>(
    bus: Bus,
    { worker, subject }: Contract,
    first: Promise<Reply>,
    send: Send<Reply>,
  ): Promise<Reply> {
    let answered = false
    const settled = (): void => {
      answered = true
    }
    first.then(settled, settled)
    const ended = first.then(nothing, nothing)
    const instance = await Promise.race([this.#findLive(bus, worker, aliveNowMs), ended])
    if (answered || instance === undefined || !this.#mayRetry(subject, 'slow')) return first
    const reply = await send(instance)
    if (!answered) this.#avoidUntil.set(worker, performance.now() + avoidMs)
    return reply
  }

  /** Throws `error`, that of the first time, when there is no second. */
  async #sendAgain<Reply>(
    { subject }: Contract,
    context: MessageContext,
    send: Send<Reply>,
    error: unknown,
  ): Promise<Reply> {
    if (remainingMs(context) <= pauseMs || !this.#mayRetry(subject, errorCodeOf(error))) throw error
    await pause(pauseMs)
    return send().catch((again) => {
      // Then the first one arrived after all, and is being carried out.
      throw errorCodeOf(again) === 'idempotency_key_in_use' ? error : again
    })
  }

  #mayRetry(subject: string, reason: string): boolean {
    const may = this.#budget.spend()
    if (may) this.#metrics.retried(subject, reason)
    else this.#metrics.retryRefused(subject)
    return may
  }

  #timesOf(subject: string): AnswerTimes {
    let times = this.#answerTimes.get(subject)
    if (times === undefined) {
      times = new AnswerTimes()
      this.#answerTimes.set(subject, times)
    }
    return times
  }

  #findLive(bus: Bus, worker: WorkerName, withinMs: number): Promise<string | undefined> {
    return this.#instancesOf(bus, worker)
      .find(withinMs)
      .catch(() => undefined)
  }

  #instancesOf(bus: Bus, worker: WorkerName): LiveInstances {
    let instances = this.#liveInstances.get(worker)
    if (instances === undefined) {
      instances = new LiveInstances(bus, worker)
      this.#liveInstances.set(worker, instances)
    }
    return instances
  }
}

const nothing = (): undefined => undefined

/** Whether it is settled, in whichever way, within that time. */
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

/** Of two tries the answer that comes first; when there is none, the failure of the first. */
async function firstAnswer<Reply>(first: Promise<Reply>, second: Promise<Reply>): Promise<Reply> {
  const answers = [first, second].map(async (reply) => {
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
