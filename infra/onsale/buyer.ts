import { randomUUID } from 'node:crypto'
import { drawPageSize } from '#shared/draw.ts'
import { codes, SeatMap } from '../bench/seat-map.ts'
import { type AnswerBody, BuyerClient, type Reply } from './client.ts'
import type { Pass } from './forgers.ts'
import type { BuyerPlan } from './plan.ts'
import type { QueueFront } from './queue-front.ts'
import type { Sleeper } from './sleeper.ts'
import type { State, Tally } from './tally.ts'

/** What buyers share: the sale they came for. */
export interface Sale {
  readonly gateways: readonly string[]
  readonly eventId: string
  readonly seatCount: number
  /** How long a hold lasts in this run's time. */
  readonly holdMs: number
  readonly pace: number
  readonly tally: Tally
  readonly front: QueueFront
  readonly sleeper: Sleeper
  /** Undefined where the system is on another machine: then all come from one address. */
  addressOf(number: number): string | undefined
  /** Whether all seats are sold: none is free or held. */
  isSoldOut(): boolean
  /** A hold was answered. */
  onHeld(seatNos: readonly number[]): void
  /** A pass was given out; forgers misuse it. */
  onPass(pass: Pass): void
}

/** Why a buyer goes: thrown wherever they are. */
class Left extends Error {}

/** They try again this soon where others were faster, and look at the map this often, in ms. */
const againMs = { from: 200, to: 800 }
const payAgainMs = 500
const payTries = 120
/** A wait longer than this is not waited for with an open connection. */
const idleMs = 10_000
/** One buyer in fifty takes a receipt. */
const receiptEvery = 50
/** Of one buyer, over a long wait. */
const maxPromises = 20

/** One buyer, from the arrival until they go. */
export class Buyer {
  readonly #plan: BuyerPlan
  readonly #sale: Sale
  readonly #client: BuyerClient
  #state: State = 'coming'
  #map: SeatMap | undefined
  #placeId: string | undefined

  constructor(plan: BuyerPlan, sale: Sale, run: string) {
    const { number, random } = plan
    const { gateways, tally, sleeper } = sale
    this.#plan = plan
    this.#sale = sale
    this.#client = new BuyerClient({
      url: gateways[number % gateways.length] ?? '',
      userId: `buyer-${run}-${number}`,
      localAddress: sale.addressOf(number),
      tally,
      random,
      sleeper,
    })
  }

  /** Resolves when they have gone; `tally.endings` says how. */
  async visit(): Promise<void> {
    const { tally } = this.#sale
    try {
      await this.#buy()
    } catch (error) {
      if (!(error instanceof Left)) throw error
      tally.ended(error.message)
    } finally {
      this.#moveTo('gone')
      this.#map?.cut()
      this.#client.close()
    }
  }

  async #buy(): Promise<never> {
    const { tally } = this.#sale
    await this.#sleep(tally.opensAtMs + this.#paced(this.#plan.arrivesMs) - performance.now())
    this.#moveTo('queueing')
    const place = await this.#join()
    this.#placeId = place.id
    if (place.number === null && this.#plan.number % receiptEvery === 0) await this.#takeReceipt()
    const pass = await this.#queue(place)
    this.#moveTo('choosing')
    return this.#shop(pass)
  }

  async #join(): Promise<AnswerBody> {
    const { eventId, gateways, tally } = this.#sale
    await this.#client.read('event', `/events/${eventId}`)
    const path = `/events/${eventId}/queue`
    if (this.#plan.habit !== 'two tabs') return bodyOf(await this.#client.post('join', path, {}))
    const { options } = this.#client
    const otherTab = new BuyerClient({ ...options, url: gateways.find((url) => url !== options.url) ?? options.url })
    const [one, other] = await Promise.all([this.#client, otherTab].map((tab) => tab.post('join', path, {})))
    otherTab.close()
    const place = bodyOf(one ?? null)
    if (bodyOf(other ?? null).id !== place.id) tally.secondPlaces += 1
    return place
  }

  async #takeReceipt(): Promise<void> {
    const reply = await this.#client.readOwn('look', `/queue/${this.#placeId}/receipt`)
    if (reply?.body.receipt !== undefined) this.#sale.tally.receipts.push(reply.body.receipt)
  }

  /** Waits for the call and claims the pass. The masses read what everybody reads; near the front they ask for themselves. */
  async #queue(joined: AnswerBody): Promise<string> {
    const { habit, random } = this.#plan
    const { front, tally } = this.#sale
    if (habit === 'never comes back') throw new Left('did not come back')
    const waits: (() => void)[] = []
    for (let place = joined; ; ) {
      if (place.state === 'called' || place.state === 'admitted') {
        for (const over of waits) over()
        const pass = await this.#claim()
        if (pass !== null) return pass
      }
      if (place.state === 'ended') throw new Left('missed their turn')
      if (this.#sale.isSoldOut()) return this.#leave('sold out while they waited')
      if (habit === 'leaves the queue' && tally.opensAtMs < performance.now()) return this.#leave('left the queue')
      if (place.eta_s && waits.length < maxPromises) waits.push(tally.promised(place.eta_s.p50))
      await this.#idle((place.next_poll_ms ?? 1_000) * (0.85 + 0.15 * random()))
      // Most of the wait costs one answer for all.
      while (!front.isNear(place)) {
        const shown = await this.#client.read('serving', `/events/${this.#sale.eventId}/queue/serving`)
        if (shown?.status === 200) front.saw(shown.body)
        if (place.number === null && front.isDrawn) {
          place = await this.#drawn(place)
          // A place that was taken after the closing is on no page.
          if (place.number === null) break
        }
        if (this.#sale.isSoldOut() || front.isNear(place)) break
        await this.#idle(front.nextPollMs(place) * (0.85 + 0.15 * random()))
      }
      const looked = await this.#client.readOwn('look', `/queue/${this.#placeId}`)
      if (looked?.status === 410) throw new Left('missed their turn')
      if (looked?.status === 200) place = looked.body
    }
  }

  /** A place with the number that the draw gave it, which stands on one of the pages that everybody can read. */
  async #drawn(place: AnswerBody): Promise<AnswerBody> {
    const index = place.index ?? 0
    const path = `/events/${this.#sale.eventId}/queue/draw/ranks/${Math.floor(index / drawPageSize)}`
    const page = await this.#client.read('ranks', path)
    const number = page?.status === 200 ? page.body.numbers?.[index - (page.body.first ?? 0)] : undefined
    return number === undefined ? place : { ...place, number }
  }

  /** Null: not called after all. */
  async #claim(): Promise<string | null> {
    for (;;) {
      const reply = await this.#client.post('pass', `/queue/${this.#placeId}/pass`, {})
      if (reply?.status === 410) throw new Left('missed their turn')
      if (reply?.status !== 200 && reply?.status !== 202) return null
      const { pass, next_poll_ms = 1_000 } = reply.body
      if (pass) {
        this.#sale.onPass({ userId: this.#client.userId, pass })
        return pass
      }
      if (this.#sale.isSoldOut()) return this.#leave('sold out while they waited')
      await this.#sleep(next_poll_ms)
    }
  }

  async #shop(pass: string): Promise<never> {
    const { eventId, seatCount } = this.#sale
    const { choosingMs, patienceMs } = this.#plan
    const { url, localAddress } = this.#client.options
    const map = new SeatMap({ url, eventId, seatCount, localAddress })
    this.#map = map
    map.open()
    await this.#sleep(this.#paced(choosingMs))
    const patientUntil = performance.now() + this.#paced(patienceMs)
    for (;;) {
      if (this.#sale.isSoldOut()) return this.#leave('found everything sold')
      const wish = this.#wish(map)
      if (wish !== undefined) {
        const held = await this.#client.post('hold', `/events/${eventId}/holds`, wish, { pass })
        if (held?.status === 201) await this.#checkOut(held.body)
        // The session ended, or the pass was used up.
        else if (held?.status === 403) throw new Left('their session ended')
      }
      if (performance.now() > patientUntil) return this.#leave('found nothing for them')
      await this.#sleep(againMs.from + (againMs.to - againMs.from) * this.#plan.random())
    }
  }

  /** What they ask for, as their map stands; undefined while that has too little. */
  #wish(map: SeatMap): object | undefined {
    const { places, picksSeats, takesFewer, random } = this.#plan
    const free = map.count(codes.free)
    const qty = takesFewer ? Math.min(places, free) : places
    if (qty === 0 || free < qty) return undefined
    const seat_nos = picksSeats ? map.pick(qty, random) : undefined
    return seat_nos === undefined ? { best_available: { qty } } : { seat_nos }
  }

  /** Returns where the hold ended before it was paid. */
  async #checkOut(hold: AnswerBody): Promise<void> {
    const { habit, payingMs } = this.#plan
    const { holdMs, tally } = this.#sale
    this.#sale.onHeld((hold.places ?? []).flatMap(({ seat_no }) => seat_no ?? []))
    this.#moveTo('paying')
    if (habit === 'lets the hold run out') {
      // Where the system's holds last longer than this run's time, their page closes when they should end.
      if ((hold.expires_in_ms ?? 0) > 1.5 * holdMs) {
        await this.#sleep(holdMs)
        await this.#client.post('leave', `/holds/${hold.id}/abandon`, {})
      }
      throw new Left('let the hold run out')
    }
    await this.#sleep(this.#paced(payingMs))
    if (habit === 'closes the page') {
      await this.#client.post('leave', `/holds/${hold.id}/abandon`, {})
      throw new Left('closed the page')
    }
    if (habit === 'card declined first') await this.#pay(hold, 'tok_declined')
    const booking = await this.#pay(hold, 'tok_ok')
    if (booking === undefined) {
      this.#moveTo('choosing')
      return
    }
    const { id = '', total_minor = 0, tickets = [] } = booking
    tally.purchases.push({
      userId: this.#client.userId,
      bookingId: id,
      totalMinor: total_minor,
      tickets: tickets.length,
    })
    // A purchase frees the slot without a request.
    throw new Left('bought')
  }

  /** The booking, once the money is captured; undefined where there is none. */
  async #pay(hold: AnswerBody, payment_token: string): Promise<AnswerBody | undefined> {
    const key = randomUUID()
    for (let tried = 0; tried < payTries; tried += 1) {
      const reply = await this.#client.post('pay', '/purchase', { hold_id: hold.id, payment_token }, { key })
      if (reply?.status === 201) return reply.body
      if (reply !== null && reply.status !== 202 && reply.status < 500 && reply.status !== 429) return undefined
      await this.#sleep(payAgainMs)
    }
    throw new Left('never learnt how the payment ended')
  }

  async #leave(why: string): Promise<never> {
    await this.#client.leave(`/queue/${this.#placeId}`)
    throw new Left(why)
  }

  #moveTo(state: State): void {
    this.#sale.tally.move(this.#state, state)
    this.#state = state
  }

  #paced(ms: number): number {
    return ms / this.#sale.pace
  }

  /** A wait; a long one without an open connection. */
  #idle(ms: number): Promise<void> {
    if (ms > idleMs) this.#client.close()
    return this.#sleep(ms)
  }

  async #sleep(ms: number): Promise<void> {
    if (!(await this.#sale.sleeper.sleep(ms))) throw new Left('the run was stopped')
  }
}

function bodyOf(reply: Reply | null): AnswerBody {
  if (reply !== null && reply.status < 300) return reply.body
  throw new Left(reply === null ? 'got no answer' : `was refused a place: ${reply.body.code ?? reply.status}`)
}
