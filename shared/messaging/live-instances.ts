import type { WorkerName } from '#shared/contracts/contract.ts'
import type { Bus } from './bus.ts'
import { decodeJson } from './json-bytes.ts'

/** So long after the first answer, others are collected, and who answered is taken to be alive. */
const roundMs = 100
const patienceMs = 2_000

interface Round {
  readonly ids: string[]
  /** Resolves at the first answer, or when there will be none. */
  readonly answered: Promise<void>
}

/** Finds out which instances of a worker answer right now. One that is frozen, or has hours of work before it, does not. */
export class LiveInstances {
  readonly #bus: Bus
  readonly #worker: WorkerName
  #round: Round | null = null

  constructor(bus: Bus, worker: WorkerName) {
    this.#bus = bus
    this.#worker = worker
  }

  /** The id of one of those that answer, `undefined` when none does within two seconds. */
  async find(): Promise<string | undefined> {
    this.#round ??= this.#ask()
    const { ids, answered } = this.#round
    await answered
    return ids[Math.floor(Math.random() * ids.length)]
  }

  #ask(): Round {
    const ids: string[] = []
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    if (!this.#bus.connected) return { ids, answered: Promise.resolve() }
    const answers = this.#bus.requestMany(`$SRV.PING.${this.#worker}`, new Uint8Array(), ({ payload, status }) => {
      // Then the server says that there is no instance.
      if (status !== undefined) return end()
      if (ids.push((decodeJson(payload) as { id: string }).id) > 1) return
      clearTimeout(timer)
      timer = setTimeout(end, roundMs)
      resolve()
    })
    const end = (): void => {
      clearTimeout(timer)
      answers.cancel()
      this.#round = null
      resolve()
    }
    let timer = setTimeout(end, patienceMs)
    return { ids, answered }
  }
}
