import { overloaded } from '#shared/messaging/message.ts'

/** More works of one name do not wait: each is a request in flight, and the worker has these for other events, too. */
const maxWaiting = 32

/**
 * Runs works of one name one after the other, in the order of their calls. Who would wait for the lock of a list, as everybody does at
 * the moment of a sell-out, waits here and not with a connection to the database, which others need to pay.
 */
export class OneAtATime {
  readonly #queues = new Map<string, { last: Promise<unknown>; works: number }>()

  /** Throws `overloaded` at once where too many wait. */
  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(name) ?? { last: Promise.resolve(), works: 0 }
    if (queue.works > maxWaiting) throw overloaded()
    this.#queues.set(name, queue)
    queue.works += 1
    const result = queue.last.then(work)
    queue.last = result.catch(() => undefined)
    try {
      return await result
    } finally {
      queue.works -= 1
      if (queue.works === 0) this.#queues.delete(name)
    }
  }
}
