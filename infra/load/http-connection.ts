import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** Seconds, as sent. */
  readonly retryAfter: string | undefined
}

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
  #received: Buffer = Buffer.alloc(0)

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Answers what comes back, whatever its status. Throws when the connection breaks or time is up. */
  get(path: string): Promise<HttpAnswer> {
    return this.#send(`GET ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\n\r\n`)
  }

  /** As `get`, sending JSON. */
  post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return this.#send(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n${more.join('')}\r\n${body}`,
    )
  }

  close(): void {
    this.#socket?.destroy()
  }

  #send(request: string): Promise<HttpAnswer> {
    const socket = this.#socket ?? this.#open()
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      socket.write(request)
    })
  }

  #open(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true })
    this.#socket = socket
    this.#received = Buffer.alloc(0)
    socket.setTimeout(deadlineMs, () => {
      if (this.#pending !== undefined) socket.destroy(new Error(`no answer within ${deadlineMs} ms`))
    })
    socket.on('data', (chunk: Buffer) => this.#take(chunk, socket))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
    return socket
  }

  #take(chunk: Buffer, socket: Socket): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#received.toString('latin1', 0, headEnd)
    const length = /^content-length: *(\d+)/im.exec(head)?.[1]
    if (length === undefined) return void socket.destroy(new Error(`an answer without a length:\n${head}`))
    const end = headEnd + 4 + Number(length)
    if (this.#received.length < end) return
    const body = this.#received.toString('utf8', headEnd + 4, end)
    this.#received = this.#received.subarray(end)
    const pending = this.#pending
    this.#pending = undefined
    pending?.resolve({ status: Number(head.slice(9, 12)), body, retryAfter: /^retry-after: *(\d+)/im.exec(head)?.[1] })
  }

  #fail(error: Error): void {
    this.#socket = undefined
    this.#pending?.reject(error)
    this.#pending = undefined
  }
}
