import { connect, type Socket } from 'node:net'
import { answerIn, type HttpAnswer } from './http-answer.ts'

/** How long an answer may take: longer than the gateway takes for anything. */
const deadlineMs = 10_000

/**
 * One kept-alive connection that carries one request at a time and is opened again when it broke. It understands what our
 * gateway sends and no more: Node's own client costs several times as much, and the generator shares the processors with
 * what it measures.
 */
export class HttpConnection {
  readonly #url: URL
  readonly #localAddress: string | undefined
  #socket: Socket | undefined
  #pending: PromiseWithResolvers<HttpAnswer> | undefined

  /** `localAddress`: where it comes from; default: as the kernel chooses. */
  constructor(url: string, localAddress?: string) {
    this.#url = new URL(url)
    this.#localAddress = localAddress
  }

  /** Answers what comes back, whatever its status. Throws when the connection breaks or time is up. */
  get(path: string): Promise<HttpAnswer> {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\n\r\n`)
  }

  /** As `get`. */
  delete(path: string): Promise<HttpAnswer> {
    return this.send(`DELETE ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\n\r\n`)
  }

  /** As `get`, sending JSON. */
  post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return this.send(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n${more.join('')}\r\n${body}`,
    )
  }

  /** As `get`, for a whole request as it is sent. */
  send(request: string | Buffer): Promise<HttpAnswer> {
    const socket = this.#socket ?? this.#open()
    const pending = Promise.withResolvers<HttpAnswer>()
    this.#pending = pending
    socket.write(request)
    return pending.promise
  }

  /** The next request opens it again. */
  close(): void {
    this.#socket?.destroy()
    this.#fail(new Error('the connection was closed'))
  }

  #open(): Socket {
    const { hostname, port } = this.#url
    const localAddress = this.#localAddress
    const address = { host: hostname, port: Number(port || 80), ...(localAddress !== undefined && { localAddress }) }
    const socket = connect({ ...address, noDelay: true })
    this.#socket = socket
    let received: Buffer = Buffer.alloc(0)
    /** What happens to a connection that was closed, and perhaps opened again, is of no interest. */
    const isCurrent = (): boolean => this.#socket === socket
    socket.setTimeout(deadlineMs, () => {
      if (isCurrent() && this.#pending !== undefined) socket.destroy(new Error(`no answer within ${deadlineMs} ms`))
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        const answer = answerIn(received)
        if (answer === undefined) return
        received = Buffer.alloc(0)
        if (isCurrent()) this.#takePending()?.resolve(answer)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', (error) => isCurrent() && this.#fail(error))
    socket.on('close', () => isCurrent() && this.#fail(new Error('the connection was closed')))
    return socket
  }

  #fail(error: Error): void {
    this.#socket = undefined
    this.#takePending()?.reject(error)
  }

  #takePending(): PromiseWithResolvers<HttpAnswer> | undefined {
    const pending = this.#pending
    this.#pending = undefined
    return pending
  }
}
