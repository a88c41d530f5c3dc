import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../until.ts'
import { HttpConnection } from './http-connection.ts'

/** Asks for one thing. Answers whether it was given, `null` when nothing is left to ask for. A throw counts as a failure. */
export type Ask = (connection: HttpConnection) => Promise<boolean | null>

interface Clients {
  readonly url: string
  readonly ask: Ask
  readonly connections: number
}

interface MeasuredTime {
  readonly seconds: number
  /** Aborted when everything is to stop; it then throws. */
  readonly stopping: AbortSignal
}

/** What was asked and answered within the measured time. */
export class Load {
  seconds = 0
  succeeded = 0
  /** Requests that threw. */
  failures = 0
  firstFailure: string | undefined
  /** One of each answer, in order of arrival. */
  readonly latenciesMs: number[] = []
  readonly #begin = performance.now()

  answered(ms: number, isGiven: boolean): void {
    this.latenciesMs.push(ms)
    if (isGiven) this.succeeded += 1
  }

  failed({ message }: Error): void {
    this.failures += 1
    this.firstFailure ??= message
  }

  ended(): this {
    this.seconds = (performance.now() - this.#begin) / 1_000
    return this
  }
}

/** For the first answers. */
const patienceMs = 5_000
/** A server that refuses connections must not be asked without a pause. */
const pauseAfterFailureMs = 10

/** Connections, each of which asks again as soon as it has its answer. */
export class ClosedLoop {
  readonly #connections: readonly HttpConnection[]
  readonly #loops: Promise<unknown>
  /** Those that have had an answer. */
  readonly #answered = new Set<HttpConnection>()
  #load = new Load()
  #isStopped = false

  constructor({ url, ask, connections }: Clients) {
    this.#connections = openAll(url, connections)
    this.#loops = Promise.all(this.#connections.map((connection) => this.#keepAsking(connection, ask)))
  }

  /** Waits until each connection has had an answer: what opening them costs is not to be measured. */
  async begun(): Promise<void> {
    const haveAnswers = (): boolean => this.#answered.size === this.#connections.length
    await until('all have an answer', haveAnswers, { timeoutMs: patienceMs, everyMs: 5 }).catch(() => undefined)
  }

  /** What is answered from now on, until time is up or nothing is left to ask for. */
  async measure({ seconds, stopping }: MeasuredTime): Promise<Load> {
    const load = new Load()
    this.#load = load
    await Promise.race([pause(seconds * 1_000, undefined, { signal: stopping }), this.#loops])
    // Later answers do not count: a longer tail must not make the rate higher.
    this.#load = new Load()
    return load.ended()
  }

  /** Asks no more, and waits for what is under way: it must not cost what is measured next. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#loops
    for (const connection of this.#connections) connection.close()
  }

  async #keepAsking(connection: HttpConnection, ask: Ask): Promise<void> {
    while (!this.#isStopped) {
      const sentAt = performance.now()
      try {
        const isGiven = await ask(connection)
        if (isGiven === null) return
        this.#answered.add(connection)
        this.#load.answered(performance.now() - sentAt, isGiven)
      } catch (error) {
        this.#load.failed(error as Error)
        await pause(pauseAfterFailureMs)
      }
    }
  }
}

/** As many clients as connections, each asking again as soon as it has its answer: how much a second there can be. */
export async function askAsFastAsPossible(clients: Clients, time: MeasuredTime): Promise<Load> {
  const loop = new ClosedLoop(clients)
  try {
    return await loop.measure(time)
  } finally {
    await loop.stop()
  }
}

/**
 * Clients who come at random moments, `perSecond` of them on average, whether or not those before have been answered. Those who find
 * all connections busy wait, and latencies count from when they came: a slow moment must not hide the clients who would have come in it.
 */
export async function askAtRate(
  { url, ask, connections, perSecond }: Clients & { readonly perSecond: number },
  { seconds, stopping }: MeasuredTime,
): Promise<Load> {
  const all = openAll(url, connections)
  const idle = [...all]
  const waiting: number[] = []
  const underWay = new Set<Promise<void>>()
  const load = new Load()
  const serve = async (connection: HttpConnection, firstDueAt: number): Promise<void> => {
    for (let dueAt: number | undefined = firstDueAt; dueAt !== undefined; dueAt = waiting.shift()) {
      try {
        const isGiven = await ask(connection)
        if (isGiven !== null) load.answered(performance.now() - dueAt, isGiven)
      } catch (error) {
        load.failed(error as Error)
      }
    }
    idle.push(connection)
  }
  let dueAt = performance.now()
  const end = dueAt + seconds * 1_000
  try {
    while (dueAt < end) {
      for (; dueAt <= performance.now(); dueAt += (-Math.log(1 - Math.random()) * 1_000) / perSecond) {
        const connection = idle.pop()
        if (connection === undefined) {
          waiting.push(dueAt)
        } else {
          const served: Promise<void> = serve(connection, dueAt).finally(() => underWay.delete(served))
          underWay.add(served)
        }
      }
      await pause(1, undefined, { signal: stopping })
    }
  } finally {
    await Promise.all(underWay)
    for (const connection of all) connection.close()
  }
  return load.ended()
}

/** New names of callers, in this and in all other runs. */
export function callerNames(): () => string {
  const run = randomUUID().slice(0, 8)
  let callers = 0
  return () => {
    callers += 1
    return `${run}-${callers}`
  }
}

function openAll(url: string, connections: number): HttpConnection[] {
  return Array.from({ length: connections }, () => new HttpConnection(url))
}
