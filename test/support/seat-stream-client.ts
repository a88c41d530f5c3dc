import { type ClientRequest, request } from 'node:http'
import { createParser } from 'eventsource-parser'
import { until } from './until.ts'

export interface StreamEvent {
  readonly event: string
  readonly id: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape and fail where one is not as expected
  readonly data: any
}

export interface StreamOptions {
  readonly lastEventId?: string | null
  readonly headers?: Record<string, string>
}

/** A client of `GET /events/:id/seats/stream` that keeps a map of the seats, as a page does. */
export class SeatStreamClient {
  /** Codes by seat number; empty until the first reset. */
  seats: number[] = []
  lastId: string | null = null
  retryMs: number | undefined
  status = 0
  readonly events: StreamEvent[] = []
  isOpen = false
  #request: ClientRequest | undefined
  #body = ''

  /** Connects, in place of any connection before, and resolves when it is answered: `status` says how. */
  async connect(url: string, { lastEventId = null, headers = {} }: StreamOptions = {}): Promise<this> {
    this.cut()
    this.status = 0
    this.#body = ''
    const parser = createParser({
      onEvent: ({ event = '', id, data }) => this.#take({ event, id, data: JSON.parse(data) }),
      onRetry: (retryMs) => {
        this.retryMs = retryMs
      },
    })
    const sent = request(url, {
      agent: false,
      headers: { ...headers, ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) },
    })
    this.#request = sent
    const answered = new Promise<void>((resolve) => {
      sent.on('error', () => resolve())
      sent.on('response', (response) => {
        this.status = response.statusCode ?? 0
        this.isOpen = true
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          if (this.#request !== sent) return
          this.#body += text.slice(0, 10_000 - this.#body.length)
          if (this.status === 200) parser.feed(text)
        })
        response.on('error', () => undefined)
        response.on('close', () => {
          if (this.#request === sent) this.isOpen = false
        })
        resolve()
      })
    })
    sent.end()
    await answered
    return this
  }

  /** The body of a refusal, parsed. */
  async problem(): Promise<{ code: string; detail: string; errors?: { pointer: string }[] }> {
    await until('the refusal has ended', () => !this.isOpen)
    return JSON.parse(this.#body)
  }

  /** Of this kind, since the beginning. */
  of(event: string): StreamEvent[] {
    return this.events.filter((one) => one.event === event)
  }

  cut(): void {
    const cut = this.#request
    this.#request = undefined
    this.isOpen = false
    cut?.destroy()
  }

  #take(event: StreamEvent): void {
    this.events.push(event)
    if (event.id !== undefined && event.id !== '') this.lastId = event.id
    if (event.event === 'reset') this.seats = codesOf(event.data.seats)
    if (event.event === 'seats') for (const [seatNo, code] of event.data.seats) this.seats[seatNo] = code
  }
}

/** Codes of seats from two bits each; of up to three numbers behind the last seat, too. */
export const codesOf = (base64: string): number[] =>
  [...Buffer.from(base64, 'base64')].flatMap((byte) => [byte & 3, (byte >> 2) & 3, (byte >> 4) & 3, byte >> 6])
