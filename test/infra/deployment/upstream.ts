import type { IncomingMessage, RequestListener } from 'node:http'
import { listening } from '../../support/listening.ts'

export interface Upstream {
  readonly port: number
  /** Every request that reached it, oldest first. */
  readonly requests: readonly IncomingMessage[]
  /** How many connections they came over. */
  connections(): number
  stop(): Promise<void>
}

/** A server in a gateway's place that answers as told. */
export async function startUpstream(answer: RequestListener): Promise<Upstream> {
  const requests: IncomingMessage[] = []
  const { port, stop } = await listening((request, response) => {
    requests.push(request)
    request.resume()
    answer(request, response)
  })
  return { port, requests, connections: () => new Set(requests.map(({ socket }) => socket)).size, stop }
}
