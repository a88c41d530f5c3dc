import { TicketingError } from '#shared/errors.ts'

/** Bounds the work in progress, per client and in total, so that no client keeps others out. */
export class ClientSlots {
  readonly #max: { readonly ofClient: number; readonly all: number }
  readonly #byClient = new Map<string, number>()
  #all = 0

  constructor(max: { readonly ofClient: number; readonly all: number }) {
    this.#max = max
  }

  /** Throws `overloaded` at once if there is no free slot for `work`. */
  async within<Result>(client: string, work: () => Promise<Result>): Promise<Result> {
    const ofClient = this.#byClient.get(client) ?? 0
    if (ofClient >= this.#max.ofClient || this.#all >= this.#max.all) {
      throw new TicketingError('overloaded', 'Too many such requests at once; send it again.')
    }
    this.#byClient.set(client, ofClient + 1)
    this.#all += 1
    try {
      return await work()
    } finally {
      this.#all -= 1
      const left = (this.#byClient.get(client) ?? 1) - 1
      if (left === 0) this.#byClient.delete(client)
      else this.#byClient.set(client, left)
    }
  }
}
