import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewHold } from '#shared/contracts/holds.ts'
import { clockText } from '../views/clock-text.ts'
import type { HeldState } from '../views/event/event-state.ts'
import { ask } from './api.ts'
import { allHeld, forgetHeld, rememberHeld } from './held.ts'

export type Hold = ReplyOf<typeof viewHold>

/** The live hold of this buyer for an event, with its clock. */
export class OwnHold {
  readonly #eventId: string
  readonly #onChange: (held: HeldState | null) => void
  #hold: Hold | null = null
  #endsAt = 0
  #timer: ReturnType<typeof setInterval> | undefined

  /** `onChange` comes with each second of the clock. */
  constructor(eventId: string, onChange: (held: HeldState | null) => void) {
    this.#eventId = eventId
    this.#onChange = onChange
  }

  get hold(): Hold | null {
    return this.#hold
  }

  /** Numbers of its seats. */
  get seats(): readonly number[] {
    return this.#hold?.places.flatMap((place) => ('area' in place ? [] : [place.seat_no])) ?? []
  }

  /** Looks whether a hold that this browser knows of is still live. */
  async look(holdId?: string): Promise<void> {
    const id = holdId ?? allHeld().find(({ event_id }) => event_id === this.#eventId)?.hold_id
    if (id === undefined) return
    const answer = await ask<Hold>('GET', `/holds/${encodeURIComponent(id)}`)
    if (answer.ok) this.take(answer.value)
    else if (answer.problem.status === 404) this.drop(id)
  }

  /** The computer's clock is never asked: the gateway says how long is left. */
  take(hold: Hold): void {
    clearInterval(this.#timer)
    if (hold.status !== 'active' && hold.status !== 'paying') {
      this.drop(hold.id)
      return
    }
    this.#hold = hold
    this.#endsAt = performance.now() + hold.expires_in_ms
    const qty = hold.places.reduce((sum, place) => sum + ('area' in place ? place.qty : 1), 0)
    rememberHeld({ event_id: this.#eventId, hold_id: hold.id, qty })
    this.#timer = setInterval(() => this.#tick(), 1_000)
    this.#tick()
  }

  drop(holdId: string): void {
    clearInterval(this.#timer)
    forgetHeld(holdId)
    this.#hold = null
    this.#onChange(null)
  }

  #tick(): void {
    if (this.#hold === null) return
    const seconds = Math.ceil((this.#endsAt - performance.now()) / 1_000)
    if (seconds <= 0) {
      clearInterval(this.#timer)
      // The gateway decides, not our count.
      void this.look(this.#hold.id)
      return
    }
    const { id, places, total_minor, currency } = this.#hold
    this.#onChange({ holdId: id, places, totalMinor: total_minor, currency, clock: clockText(seconds) })
  }
}

/**
 * In demo mode a buyer without a session holds as a new guest. From then on this browser is that guest, so that the hold stays theirs.
 */
export async function becomeGuest({ user_id }: Hold): Promise<void> {
  if (user_id.startsWith('guest-')) await ask('POST', '/session', { body: { user_id } })
}
