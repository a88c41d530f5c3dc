import { type AnswerBody, type Asked, type History, type Outcome, verdictOf } from './history.ts'
import { readPage } from './public-read.ts'
import type { Random } from './random.ts'

export interface World {
  readonly gatewayUrls: readonly string[]
  readonly history: History
}

export interface HttpBuyerOptions {
  readonly random: Random
  readonly world: World
  readonly isStranger?: boolean
}

export interface AskOptions {
  /** Which gateway, from 0; by default any. */
  readonly gateway?: number
  /** The buyer's connection breaks after so many milliseconds. */
  readonly cutAfterMs?: number
}

/** A little longer than the gateway may take for a cancellation: 8 s. */
const patienceMs = 9_000
const pauseMs = { from: 100, to: 500 }

export type Selection =
  | { readonly seat_nos: number[] }
  | { readonly best_available: { readonly qty: number } }
  | { readonly areas: { readonly area: string; readonly qty: number }[] }

/** Somebody who asks over HTTP, under a name that nobody else has, and writes everything down. */
export class HttpBuyer {
  readonly userId: string
  readonly random: Random
  readonly #world: World
  readonly #isStranger: boolean
  /** The gateway that was asked last. */
  #gateway = 0

  /** A stranger asks for what is another's: none of it must work. */
  constructor(userId: string, { random, world, isStranger = false }: HttpBuyerOptions) {
    this.userId = userId
    this.random = random
    this.#world = world
    this.#isStranger = isStranger
  }

  hold(eventId: string, selection: Selection, key: string, pass?: string): Promise<Outcome> {
    return this.ask({
      operation: 'hold',
      method: 'POST',
      path: `/events/${eventId}/holds`,
      key,
      pass,
      json: { ...selection },
    })
  }

  /** The buyer's place in the queue of an event. */
  join(eventId: string): Promise<Outcome> {
    return this.#askForPlace({ operation: 'join', method: 'POST', path: `/events/${eventId}/queue`, json: {} })
  }

  look(placeId: string): Promise<Outcome> {
    return this.#askForPlace({ operation: 'look', method: 'GET', path: `/queue/${placeId}` })
  }

  claim(placeId: string): Promise<Outcome> {
    return this.ask({ operation: 'claim', method: 'POST', path: `/queue/${placeId}/pass`, json: {} })
  }

  leaveQueue(placeId: string): Promise<Outcome> {
    return this.ask({ operation: 'leave', method: 'DELETE', path: `/queue/${placeId}` })
  }

  /** Other places, or more time. */
  change(holdId: string, change: Selection | { extend: true }, key: string): Promise<Outcome> {
    return this.ask({ operation: 'change hold', method: 'PATCH', path: `/holds/${holdId}`, key, json: { ...change } })
  }

  release(holdId: string): Promise<Outcome> {
    return this.ask({ operation: 'release', method: 'DELETE', path: `/holds/${holdId}` })
  }

  abandon(holdId: string): Promise<Outcome> {
    return this.ask({ operation: 'abandon', method: 'POST', path: `/holds/${holdId}/abandon`, json: {} })
  }

  purchase(what: Record<string, unknown>, key: string, options?: AskOptions): Promise<Outcome> {
    return this.ask({ operation: 'purchase', method: 'POST', path: '/purchase', key, json: what }, options)
  }

  cancel(bookingId: string, what: Record<string, unknown>, key: string, options?: AskOptions): Promise<Outcome> {
    const path = `/bookings/${bookingId}/cancel`
    return this.ask({ operation: 'cancel', method: 'POST', path, key, json: what }, options)
  }

  browse(path: string): Promise<Outcome> {
    return this.ask({ operation: 'browse', method: 'GET', path })
  }

  bookings(): Promise<Outcome> {
    return this.ask({ operation: 'list bookings', method: 'GET', path: '/bookings' })
  }

  viewHold(holdId: string): Promise<Outcome> {
    return this.ask({ operation: 'view hold', method: 'GET', path: `/holds/${holdId}` })
  }

  /** Looks at once, at another gateway, for the seats of a hold or a booking that has just been answered. */
  async seeOwnSeats({ event_id: eventId, seq, places = [], expires_at: expiresAt }: AnswerBody): Promise<void> {
    const seatNos = places.flatMap(({ seat_no }) => (seat_no === undefined ? [] : [seat_no]))
    if (eventId === undefined || seq === undefined || seatNos.length === 0) return
    const { history, gatewayUrls } = this.#world
    const keptUntil = expiresAt === undefined ? null : history.now() + Date.parse(expiresAt) - Date.now()
    const gateway = (this.#gateway + 1) % gatewayUrls.length
    await readPage(this.#world, { page: 'seats', eventId, gateway, own: { minSeq: seq, seatNos, keptUntil } })
  }

  /** Asks up to `times` times, until there is an end to it. */
  async askUntilFinal(ask: () => Promise<Outcome>, { times }: { times: number }): Promise<Outcome> {
    let outcome = await ask()
    for (let asked = 1; asked < times && verdictOf(outcome) === 'open'; asked += 1) {
      await this.random.pause(pauseMs)
      outcome = await ask()
    }
    return outcome
  }

  async #askForPlace(what: Omit<Asked, 'userId'>): Promise<Outcome> {
    const outcome = await this.ask(what)
    const { id: placeId, number, serving = 0 } = bodyIfDone(outcome) ?? {}
    if (placeId !== undefined && typeof number === 'number') {
      this.#world.history.places.push({ userId: this.userId, placeId, number, serving })
    }
    return outcome
  }

  async ask(what: Omit<Asked, 'userId'>, options: AskOptions = {}): Promise<Outcome> {
    const { gatewayUrls, history } = this.#world
    const gateway = options.gateway ?? this.random.between(0, gatewayUrls.length - 1)
    this.#gateway = gateway
    const beganAt = history.now()
    const asked = {
      ...what,
      userId: this.userId,
      ...(this.#isStranger && { stranger: true }),
      ...(options.cutAfterMs !== undefined && { cutByBuyer: true }),
    }
    const outcome = await send(gatewayUrls[gateway] ?? '', asked, options.cutAfterMs ?? patienceMs)
    history.add({ ...asked, gateway, beganAt, endedAt: history.now(), outcome })
    return outcome
  }
}

/** The id and the rest of what was done; undefined when it was not, as far as anybody knows. */
export const bodyIfDone = (outcome: Outcome): AnswerBody | undefined =>
  outcome.kind === 'answer' && verdictOf(outcome) === 'done' ? outcome.body : undefined

async function send(url: string, asked: Asked, withinMs: number): Promise<Outcome> {
  const { operation, method, path, key, json, userId, pass } = asked
  const target = new URL(path, url)
  // Shared pages are nobody's; whatever has a body names its caller there.
  if (json === undefined && operation !== 'browse') target.searchParams.set('user_id', userId)
  try {
    const response = await fetch(target, {
      method,
      headers: {
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(pass === undefined ? {} : { 'queue-pass': pass }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify({ ...json, user_id: userId }) }),
      signal: AbortSignal.timeout(withinMs),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { kind: 'answer', status: response.status, text, body: isJson ? JSON.parse(text) : {} }
  } catch (error) {
    // Refused connections too: nothing here depends on knowing that they are harmless.
    const { cause, message } = error as Error
    return { kind: 'unknown', why: cause instanceof Error ? cause.message : message }
  }
}
