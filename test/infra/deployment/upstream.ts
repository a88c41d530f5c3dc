import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Upstream {
  readonly port: number
  /** Every request that reached it, oldest first. */
  readonly requests: readonly IncomingMessage[]
  /** How many connections it was opened. */
  connections(): number
  stop(): Promise<void>
}

/** A server in a gateway's place that answers as told. */
export async function startUpstream(answer: RequestListener): Promise<Upstream> {
  const requests: IncomingMessage[] = []
  let connections = 0
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume()
    answer(request, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections: () => connections,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
