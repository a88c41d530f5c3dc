import { setTimeout as pause } from 'node:timers/promises'
import { HttpConnection } from '../http-connection.ts'

/** Who comes to buy. Answers whether it succeeded, `null` when all is sold. */
export interface Customers {
  buy(connection: HttpConnection): Promise<boolean | null>
}

export interface LoadOptions {
  readonly url: string
  readonly buyers: Customers
  readonly connections: number
  readonly seconds: number
  readonly stopping: AbortSignal
  onProgress(secondsDone: number): void
}

/** What was asked and answered within the measured time. */
export interface Load {
  readonly seconds: number
  /** That succeeded. */
  readonly holds: number
  /** Milliseconds from when a request was meant to start to its answer, ascending. */
  readonly latenciesMs: readonly number[]
}

/** As many buyers as connections, each asking again as soon as it has its answer: how many holds a second there can be. */
export async function buyAsFastAsPossible(options: LoadOptions): Promise<Load> {
  const { buyers, seconds, stopping } = options
  const connections = openAll(options)
  const begin = performance.now()
  const end = begin + seconds * 1_000
  const latencies: number[] = []
  let holds = 0
  const isOver = (): boolean => performance.now() >= end || stopping.aborted
  const shown = showProgress(begin, options)
  await Promise.all(
    connections.map(async (connection) => {
      while (!isOver()) {
        const startedAt = performance.now()
        const succeeded = await buyers.buy(connection)
        if (succeeded === null) return
        // What was answered later counts for nobody: a longer tail must not make the rate higher.
        if (performance.now() > end) return
        latencies.push(performance.now() - startedAt)
        if (succeeded) holds += 1
      }
    }),
  )
  clearInterval(shown)
  const took = Math.min(performance.now(), end) - begin
  for (const connection of connections) connection.close()
  return { seconds: took / 1_000, holds, latenciesMs: latencies.sort((a, b) => a - b) }
}

/**
 * Buyers who come at random moments, `perSecond` of them on average, whether or not those before have been answered. Who finds
 * all connections busy waits, and that counts: a slow moment must not hide the buyers who would have come in it.
 */
export async function buyAtRate(options: LoadOptions & { readonly perSecond: number }): Promise<Load> {
  const { buyers, seconds, stopping, perSecond } = options
  const all = openAll(options)
  const idle = [...all]
  const waiting: number[] = []
  const latencies: number[] = []
  const underWay = new Set<Promise<void>>()
  let holds = 0
  const serve = async (connection: HttpConnection, firstDueAt: number): Promise<void> => {
    for (let dueAt: number | undefined = firstDueAt; dueAt !== undefined; dueAt = waiting.shift()) {
      const succeeded = await buyers.buy(connection)
      if (succeeded) holds += 1
      if (succeeded !== null) latencies.push(performance.now() - dueAt)
    }
    idle.push(connection)
  }
  const begin = performance.now()
  const end = begin + seconds * 1_000
  const shown = showProgress(begin, options)
  let dueAt = begin
  while (dueAt < end && !stopping.aborted) {
    for (; dueAt <= performance.now(); dueAt += (-Math.log(1 - Math.random()) * 1_000) / perSecond) {
      const connection = idle.pop()
      if (connection === undefined) {
        waiting.push(dueAt)
      } else {
        const served: Promise<void> = serve(connection, dueAt).finally(() => underWay.delete(served))
        underWay.add(served)
      }
    }
    await pause(1)
  }
  await Promise.all(underWay)
  clearInterval(shown)
  for (const connection of all) connection.close()
  return { seconds: (performance.now() - begin) / 1_000, holds, latenciesMs: latencies.sort((a, b) => a - b) }
}

function openAll({ connections, url }: LoadOptions): HttpConnection[] {
  return Array.from({ length: connections }, () => new HttpConnection(url))
}

function showProgress(begin: number, { onProgress }: LoadOptions): NodeJS.Timeout {
  return setInterval(() => onProgress((performance.now() - begin) / 1_000), 250)
}
