import type { Bus } from '#shared/messaging/bus.ts'
import { HttpConnection } from '../http-connection.ts'
import { eventWorkerCalls } from './worker-calls.ts'

const attempts = 5

export interface Stampede {
  readonly gateways: number
  readonly requests: number
  /** Of the worst of some attempts. */
  readonly worker_calls: number
  /** Requests of all attempts that were not answered with 200, or not within 5 s. */
  readonly refused: number
}

/** Many ask at once for what nobody has asked for before, over open connections, shared out among the gateways. */
export async function stampede(
  bus: Bus,
  { urls, requests }: { urls: readonly string[]; requests: number },
): Promise<Stampede> {
  const connections = Array.from(
    { length: requests },
    (_, index) => new HttpConnection(urls[index % urls.length] as string),
  )
  let refused = 0
  const askAll = async (path: string): Promise<void> => {
    const answers = await Promise.allSettled(connections.map((connection) => connection.get(path)))
    refused += answers.filter((answer) => answer.status === 'rejected' || answer.value.status !== 200).length
  }
  try {
    await askAll('/livez')
    let worst = 0
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = await eventWorkerCalls(bus)
      await askAll(`/events?venue=stampede-${requests}-${attempt}`)
      worst = Math.max(worst, (await eventWorkerCalls(bus)) - before)
    }
    return { gateways: urls.length, requests, worker_calls: worst, refused }
  } finally {
    for (const connection of connections) connection.close()
  }
}
