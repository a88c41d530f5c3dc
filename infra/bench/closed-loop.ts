import { setTimeout as pause } from 'node:timers/promises'
import type { AnswerHead } from './answer-reader.ts'
import { HttpConnection } from './http-connection.ts'

/** What is asked, and what a good answer is. */
export interface Traffic {
  /** A whole request. */
  next(): string | Buffer
  isGood(answer: AnswerHead): boolean
}

/** What was answered while it was recorded. */
interface Recording {
  /** One of each answer, in order of arrival. */
  readonly latenciesMs: number[]
  /** Answers that were not good, and connections that broke. */
  failures: number
  /** The first of them. */
  firstFailure: string | undefined
}

/** For the first answers, and for what is under way in the end. */
const patienceMs = 5_000
/** A server that refuses connections must not be asked without a pause. */
const pauseAfterFailureMs = 10

/** So many connections, each of which asks again as soon as it has its answer. */
export class ClosedLoop {
  readonly #traffic: Traffic
  readonly #connections: readonly HttpConnection[]
  readonly #loops: Promise<unknown>
  /** Those that have had an answer. */
  readonly #answered = new Set<HttpConnection>()
  #recording = newRecording()
  #isStopped = false

  constructor({ url, connections, traffic }: { url: string; connections: number; traffic: Traffic }) {
    this.#traffic = traffic
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(url))
    this.#loops = Promise.all(this.#connections.map((connection) => this.#keepAsking(connection)))
  }

  /** Waits until each connection has had an answer: what opening them costs is not to be measured. */
  async begun(): Promise<void> {
    const giveUpAt = performance.now() + patienceMs
    while (this.#answered.size < this.#connections.length && performance.now() < giveUpAt) await pause(5)
  }

  /** Begins a new recording and answers the one so far. */
  record(): Recording {
    const recorded = this.#recording
    this.#recording = newRecording()
    return recorded
  }

  /** Asks no more, and waits for what is under way: it must not cost the one measured next. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const enough = new AbortController()
    await Promise.race([this.#loops, pause(patienceMs, undefined, { signal: enough.signal }).catch(() => undefined)])
    enough.abort()
    for (const connection of this.#connections) connection.close()
  }

  async #keepAsking(connection: HttpConnection): Promise<void> {
    while (!this.#isStopped) {
      const sentAt = performance.now()
      try {
        const answer = await connection.send(this.#traffic.next())
        this.#answered.add(connection)
        this.#recording.latenciesMs.push(performance.now() - sentAt)
        if (!this.#traffic.isGood(answer)) this.#fail(answer.head)
      } catch (error) {
        this.#fail((error as Error).message)
        await pause(pauseAfterFailureMs)
      }
    }
  }

  #fail(what: string): void {
    if (this.#isStopped) return
    this.#recording.failures += 1
    this.#recording.firstFailure ??= what
  }
}

function newRecording(): Recording {
  return { latenciesMs: [], failures: 0, firstFailure: undefined }
}
