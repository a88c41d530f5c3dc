import { setTimeout as pause } from 'node:timers/promises'
import { createEvent, type Organiser } from '../bench/organise.ts'
import { ExplainedError } from '../explained-error.ts'
import { BuyerClient } from './client.ts'
import { sectionsOf, setRoom } from './organiser.ts'
import type { Sleeper } from './sleeper.ts'
import type { Tally } from './tally.ts'

/** What forgers need. */
export interface ForgersOptions {
  readonly gateways: readonly string[]
  readonly eventId: string
  readonly run: string
  readonly tally: Tally
  readonly sleeper: Sleeper
  /** A true pass for another event, and whose it is. */
  readonly foreign: Pass
  addressOf(number: number): string | undefined
}

export interface Pass {
  readonly userId: string
  readonly pass: string
}

const everyMs = 250
/** Passes that buyers were given lately: forgers have got hold of some. */
const maxKnown = 50

/** People who try to take places with passes that are not theirs or no passes at all. Every one of them must be refused. */
export class Forgers {
  readonly #options: ForgersOptions
  readonly #known: Pass[] = []

  constructor(options: ForgersOptions) {
    this.#options = options
  }

  /** A true pass became known. */
  learn(pass: Pass): void {
    this.#known.push(pass)
    if (this.#known.length > maxKnown) this.#known.shift()
  }

  /** Tries one after the other, until it is over. */
  async forge(over: AbortSignal): Promise<void> {
    for (let number = 0; !over.aborted; number += 1) {
      await this.#try(number)
      await pause(everyMs, undefined, { signal: over }).catch(() => undefined)
    }
  }

  async #try(number: number): Promise<void> {
    const { gateways, eventId, run, tally, sleeper, addressOf, foreign } = this.#options
    const forger = `forger-${run}-${number}`
    const stolen = this.#known[number % maxKnown] ?? foreign
    const attempts: readonly { readonly userId: string; readonly pass?: string }[] = [
      { userId: forger },
      { userId: forger, pass: 'let me in' },
      // Another's pass, in the forger's name.
      { userId: forger, pass: stolen.pass },
      // The right name, and a signature with one letter changed.
      { userId: stolen.userId, pass: altered(stolen.pass) },
      { userId: stolen.userId, pass: unsigned(stolen.pass) },
      // True, and the buyer's own, for another event.
      foreign,
    ]
    const { userId, pass } = attempts[number % attempts.length] ?? foreign
    const client = new BuyerClient({
      url: gateways[number % gateways.length] ?? '',
      userId,
      localAddress: addressOf(number),
      // Without the tally: their requests are counted apart, as each should be refused.
      sleeper,
    })
    const wish = { best_available: { qty: 1 } }
    const options = pass === undefined ? {} : { pass }
    const isPurchase = Math.floor(number / attempts.length) % 2 === 1
    const reply = isPurchase
      ? await client.post('pay', '/purchase', { event_id: eventId, ...wish, payment_token: 'tok_ok' }, options)
      : await client.post('hold', `/events/${eventId}/holds`, wish, options)
    client.close()
    tally.forged.tried += 1
    if (reply !== null && reply.status < 400) tally.forged.accepted += 1
  }
}

/** A true pass for another event, which has no other buyers. Throws `ExplainedError` where none is given out. */
export async function passOfAnotherEvent(organiser: Organiser, run: string, sleeper: Sleeper): Promise<Pass> {
  const eventId = await createEvent(organiser, { name: `Another event ${run}`, sections: sectionsOf(10) })
  await setRoom(organiser, eventId, {
    state: 'open',
    calls_per_minute: 60,
    max_active: 10,
    claim_s: 600,
    session_s: 7_200,
    idle_s: 3_600,
    adaptive: false,
  })
  const userId = `foreign-${run}`
  const client = new BuyerClient({ url: organiser.url, userId, sleeper })
  try {
    const joined = await client.post('join', `/events/${eventId}/queue`, {})
    if (joined?.status === 401) {
      throw new ExplainedError('The system wants tokens (AUTH=jwt); buyers of a simulation have none.')
    }
    for (let tried = 0; tried < 20; tried += 1) {
      const claimed = await client.post('pass', `/queue/${joined?.body.id}/pass`, {})
      if (claimed?.body.pass) return { userId, pass: claimed.body.pass }
      await pause(claimed?.body.next_poll_ms ?? 1_000)
    }
    throw new ExplainedError('The waiting room of another event gave out no pass.')
  } finally {
    client.close()
  }
}

/** One letter of the signature is another one. Not the last: some of its bits are not used. */
function altered(pass: string): string {
  const at = pass.length - 10
  return `${pass.slice(0, at)}${pass[at] === 'A' ? 'B' : 'A'}${pass.slice(at + 1)}`
}

/** The same claims under a header that asks for no signature. */
function unsigned(pass: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'pass+jwt' })).toString('base64url')
  return `${header}.${pass.split('.')[1]}.`
}
