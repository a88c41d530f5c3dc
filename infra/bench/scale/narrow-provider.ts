import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What a call takes at a payment provider far away. */
export const callMs = 120

const ownHeaders = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']

/**
 * The payment sandbox through a narrow door: one call at a time, each of them slow; the others wait. Each purchase worker has a door of
 * its own, so it has one provider call at a time, and its purchases wait at the worker.
 */
export class NarrowProvider {
  readonly #server: Server
  /** The last call, behind which the next one waits. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(server: Server) {
    this.#server = server
  }

  /** `url`: of the payment sandbox. */
  static async start(url: string): Promise<NarrowProvider> {
    const server = createServer()
    const provider = new NarrowProvider(server)
    server.on('request', (request, response) => {
      const passed = provider.#last.then(async () => {
        await pause(callMs)
        const answer = await pass(request, url)
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
        response.end(await answer.text())
      })
      provider.#last = passed.catch(() => response.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return provider
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function pass(request: IncomingMessage, url: string): Promise<Response> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = Object.entries(request.headers).filter(([name]) => !ownHeaders.includes(name))
  return fetch(new URL(request.url ?? '/', url), {
    method: request.method ?? 'GET',
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    signal: AbortSignal.timeout(5_000),
  })
}
