import { overloaded } from '#shared/messaging/message.ts'

/** Most calls that wait under one name: each is a request in flight, and the worker needs these for other events, too. */
const maxWaiting = 32

/**
 * Runs calls of one name one after the other, in order. At a sell-out everybody waits for the lock of one list. They wait here, without a
 * database connection, because others need connections to pay.
 */
export class OneAtATime {
  readonly #queues = new Map<string, { last: Promise<unknown>; works: number }>()

  /** Throws `overloaded` at once if too many wait. */
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
