import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type AnswerHead, AnswerReader } from './answer-reader.ts'

/** What is asked, and what a good answer is. */
export interface Traffic {
  /** A whole request. */
  next(): string | Buffer
  isGood(answer: AnswerHead): boolean
}

export interface ClosedLoopOptions {
  readonly url: string
  readonly connections: number
  readonly traffic: Traffic
}

/** What was answered while it was recorded. */
export interface Recording {
  /** One of each answer, in order of arrival. */
  readonly latenciesMs: number[]
  /** Answers that were not good, and connections that broke. */
  failures: number
  /** The first of them. */
  firstFailure: string | undefined
}

/** Nobody waits longer. */
const deadlineMs = 10_000
/** For the first answers, and for what is under way in the end. */
const patienceMs = 5_000

/**
 * So many connections, each of which asks again as soon as it has its answer. Node's own client costs several times as much, and
 * the generator shares the processors with what it measures.
 */
export class ClosedLoop {
  readonly #options: ClosedLoopOptions
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  /** Those that have had an answer. */
  readonly #answered = new WeakSet<Socket>()
  #recording = newRecording()
  #isStopped = false

  constructor(options: ClosedLoopOptions) {
    this.#options = options
    this.#port = Number(new URL(options.url).port)
    for (let opened = 0; opened < options.connections; opened += 1) this.#open()
  }

  /** Waits until each connection has had an answer: what opening them costs is not to be measured. */
  async begun(): Promise<void> {
    const giveUpAt = performance.now() + patienceMs
    const isBegun = (): boolean => [...this.#sockets].every((socket) => this.#answered.has(socket))
    while (!isBegun() && performance.now() < giveUpAt) await pause(5)
  }

  /** Begins a new recording and answers the one so far. */
  record(): Recording {
    const recorded = this.#recording
    this.#recording = newRecording()
    return recorded
  }

  /** Asks no more, and waits for what is under way: it must not cost whoever is measured next. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const giveUpAt = performance.now() + patienceMs
    while (this.#sockets.size > 0 && performance.now() < giveUpAt) await pause(5)
    for (const socket of this.#sockets) socket.destroy()
  }

  #open(): void {
    const { traffic } = this.#options
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true })
    this.#sockets.add(socket)
    const reader = new AnswerReader()
    let sentAt = 0
    const ask = (): void => {
      sentAt = performance.now()
      socket.write(traffic.next(), 'latin1')
    }
    socket.setTimeout(deadlineMs, () => socket.destroy(new Error(`no answer within ${deadlineMs} ms`)))
    socket.on('connect', ask)
    socket.on('data', (chunk: Buffer) => {
      let answer: AnswerHead | undefined
      try {
        answer = reader.read(chunk)
      } catch (error) {
        socket.destroy(error as Error)
      }
      if (answer === undefined) return
      this.#answered.add(socket)
      this.#recording.latenciesMs.push(performance.now() - sentAt)
      if (!traffic.isGood(answer)) this.#fail(answer.head)
      if (this.#isStopped) socket.destroy()
      else ask()
    })
    socket.on('error', (error) => this.#fail(error.message))
    socket.on('close', () => {
      this.#sockets.delete(socket)
      // Not at once: whoever refuses connections would be asked for ever without a pause.
      if (!this.#isStopped) setTimeout(() => this.#isStopped || this.#open(), 10)
    })
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
