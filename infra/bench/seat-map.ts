import { connect, type Socket } from 'node:net'

/* The stream of seats, as the page of a buyer has it: a map that is right whenever nothing is under way. Used by the on-sale, too. */

export const codes = { free: 0, held: 1, sold: 2 } as const

export interface SeatMapOptions {
  readonly url: string
  readonly eventId: string
  readonly seatCount: number
  /** Where it comes from; default: as the kernel chooses. */
  readonly localAddress?: string | undefined
  /** Called for each change of a seat that this map hears. */
  onChange?(seatNo: number, code: number): void
}

/** All streams get the same bytes in the same moment, so what they say is parsed once. */
const maxRemembered = 50
const parsed = new Map<string, Message>()

type Message =
  | { readonly kind: 'reset'; readonly id: string; readonly map: Uint8Array }
  | { readonly kind: 'seats'; readonly id: string; readonly seats: readonly (readonly [number, number])[] }
  | { readonly kind: 'other'; readonly id: string }

/** One client of `GET /events/:event_id/seats/stream`, over a connection of its own. */
export class SeatMap {
  /** Code by seat number; empty until the first `reset`. */
  seats = new Uint8Array()
  resets = 0
  /** Messages with changed seats. */
  batches = 0
  readonly #options: SeatMapOptions
  #socket: Socket | undefined
  #lastId = ''
  #text = ''

  constructor(options: SeatMapOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  /** Connects, or connects again from where it was. */
  open(url = this.#options.url): void {
    this.cut()
    const { hostname, port, host } = new URL(url)
    const { eventId, localAddress } = this.#options
    const socket = connect({ host: hostname, port: Number(port || 80), ...(localAddress && { localAddress }) })
    this.#socket = socket
    this.#text = ''
    const over = (): void => {
      if (this.#socket === socket) this.#socket = undefined
    }
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => this.#socket === socket && this.#take(String(chunk)))
    socket.on('error', over)
    socket.on('close', over)
    const from = this.#lastId === '' ? '' : `Last-Event-ID: ${this.#lastId}\r\n`
    socket.write(`GET /events/${eventId}/seats/stream HTTP/1.1\r\nHost: ${host}\r\n${from}\r\n`)
  }

  /** As when a train enters a tunnel. */
  cut(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  count(code: number): number {
    let count = 0
    for (const seat of this.seats) if (seat === code) count += 1
    return count
  }

  /** Free seats side by side, by number, at a place of the house that `random` chooses; undefined where there are none. */
  pick(places: number, random: () => number): number[] | undefined {
    const { length } = this.seats
    const start = Math.floor(random() * length)
    for (let step = 0; step < length; step += 1) {
      const first = (start + step) % length
      const numbers = Array.from({ length: places }, (_, index) => first + index)
      if (numbers.every((seatNo) => this.seats[seatNo] === codes.free)) return numbers
    }
    return undefined
  }

  /** Everything up to the last blank line is whole messages. */
  #take(chunk: string): void {
    this.#text += chunk
    const end = this.#text.lastIndexOf('\n\n')
    if (end === -1) return
    const whole = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 2)
    for (const text of whole.split('\n\n')) this.#apply(messageOf(text))
  }

  #apply(message: Message): void {
    if (message.id !== '') this.#lastId = message.id
    if (message.kind === 'reset') {
      this.resets += 1
      this.seats = message.map.slice(0, this.#options.seatCount)
    }
    if (message.kind !== 'seats') return
    this.batches += 1
    for (const [seatNo, code] of message.seats) {
      if (this.seats[seatNo] === code) continue
      this.seats[seatNo] = code
      this.#options.onChange?.(seatNo, code)
    }
  }
}

function messageOf(text: string): Message {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const message = parse(text)
  if (parsed.size >= maxRemembered) parsed.clear()
  parsed.set(text, message)
  return message
}

function parse(text: string): Message {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  const id = field('id')
  const event = field('event')
  if (event === 'reset')
    return { kind: 'reset', id, map: mapOf((JSON.parse(field('data')) as { seats: string }).seats) }
  if (event === 'seats') {
    return { kind: 'seats', id, seats: (JSON.parse(field('data')) as { seats: [number, number][] }).seats }
  }
  return { kind: 'other', id }
}

/** Two bits a seat; up to three numbers behind the last seat are no seats. */
function mapOf(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64')
  return Uint8Array.from(
    { length: bytes.length * 4 },
    (_, seatNo) => ((bytes[seatNo >> 2] ?? 0) >> (2 * (seatNo & 3))) & 3,
  )
}
