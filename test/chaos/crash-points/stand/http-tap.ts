import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Crash, Tap } from './crash.ts'

/** Answers about one charge that wait until they are let go. */
interface KeptBack {
  /** Of the first charge that is asked for after the order to keep answers back. */
  key: string | undefined
  readonly released: Promise<void>
}

const answerWithinMs = 10_000

/** Stands between the purchase worker and the payment sandbox. */
export class HttpTap implements Tap {
  readonly #server: Server
  readonly #targetUrl: () => string
  #crash: Crash | undefined
  #kept: KeptBack | undefined

  private constructor(server: Server, targetUrl: () => string) {
    this.#server = server
    this.#targetUrl = targetUrl
    server.on('request', (request, response) => {
      // A caller that has left, or a target that is away: the line breaks, as it would without us.
      this.#carry(request, response).catch(() => request.socket.destroy())
    })
  }

  /** `targetUrl` is asked for each request: the target may start later than this. */
  static async start(targetUrl: () => string): Promise<HttpTap> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HttpTap(server, targetUrl)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  crashAt(crash: Crash): void {
    this.#crash = crash
  }

  /** From now on the provider takes the next charge, but nobody hears of it until the answer is called. */
  keepBackNextCharge(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#kept = { key: undefined, released: promise }
    return resolve
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #carry(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const body = await readAll(request)
    const crash = this.#crash?.at.test(`${method} ${url}`) ? this.#crash : undefined
    if (crash !== undefined) this.#crash = undefined
    if (crash?.when === 'before') {
      await crash.kill()
      return void request.socket.destroy()
    }
    const answer = await this.#ask(request, body)
    if (crash !== undefined) {
      await crash.kill()
      return void request.socket.destroy()
    }
    await this.#untilReleased(request)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  }

  async #ask(request: IncomingMessage, body: Buffer<ArrayBuffer>): Promise<{ status: number; body: Buffer }> {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
    const answer = await fetch(new URL(request.url ?? '', this.#targetUrl()), {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 ? { body } : {}),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) }
  }

  async #untilReleased({ method, url = '', headers }: IncomingMessage): Promise<void> {
    const kept = this.#kept
    if (kept === undefined) return
    if (method === 'POST' && url === '/charges') kept.key ??= String(headers['idempotency-key'])
    const key = method === 'POST' && url === '/charges' ? headers['idempotency-key'] : url.split('/')[2]
    if (key === kept.key) await kept.released
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
