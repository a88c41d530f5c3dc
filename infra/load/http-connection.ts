import { connect, type Socket } from 'node:net'
import { AnswerReader, type HttpAnswer } from './answer-reader.ts'

interface Pending {
  resolve(answer: HttpAnswer): void
  reject(error: Error): void
}

/** Longer than the gateway takes for anything. */
const deadlineMs = 10_000

/**
 * One kept-alive connection that carries one request at a time and is opened again when it broke. It understands what our
 * gateway sends and no more: Node's own client costs several times as much, and the generator shares the processors with
 * what it measures.
 */
export class HttpConnection {
  readonly #url: URL
  #socket: Socket | undefined
  #pending: Pending | undefined

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Answers what comes back, whatever its status. Throws when the connection breaks or time is up. */
  get(path: string): Promise<HttpAnswer> {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\n\r\n`)
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
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      socket.write(request)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true })
    this.#socket = socket
    const reader = new AnswerReader()
    socket.setTimeout(deadlineMs, () => {
      if (this.#pending !== undefined) socket.destroy(new Error(`no answer within ${deadlineMs} ms`))
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        const answer = reader.read(chunk)
        if (answer !== undefined) this.#settle((pending) => pending.resolve(answer))
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
    return socket
  }

  #fail(error: Error): void {
    this.#socket = undefined
    this.#settle((pending) => pending.reject(error))
  }

  #settle(how: (pending: Pending) => void): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined) how(pending)
  }
}
