import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.ts'

/** Serves `/metrics`, and `/livez` for probes, on its own port; 0 picks a free one. `url` ends in `/metrics`. */
export async function serveMetrics(
  metrics: Metrics,
  { host, port }: { host: string; port: number },
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, async (request, response) => {
    if (request.url === '/metrics') {
      const { contentType, text } = await metrics.expose(request.headers.accept ?? '')
      response.setHeader('Content-Type', contentType).end(text)
    } else if (request.url === '/livez') {
      response.setHeader('Content-Type', 'application/json').end('{"status":"alive"}')
    } else response.writeHead(404).end()
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/metrics`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
