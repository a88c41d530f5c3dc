import type { Hold } from '#shared/contracts/holds.ts'
import { clockText } from '../views/clock-text.ts'
import { countPlaces } from '../views/count-places.ts'
import type { HeldState } from '../views/event/event-state.ts'
import { ask } from './api.ts'
import { allHeld, forgetHeld, rememberHeld } from './held.ts'
import { secondsLeft, startClock } from './hold-timer.ts'

/** The buyer's live hold for an event, with its clock. */
export class OwnHold {
  readonly #eventId: string
  readonly #onChange: (held: HeldState | null) => void
  #shownId: string | undefined
  #stopClock = (): void => undefined

  /** `onChange` is called at each second of the clock. */
  constructor(eventId: string, onChange: (held: HeldState | null) => void) {
    this.#eventId = eventId
    this.#onChange = onChange
  }

  /** Checks whether a hold is still live. Default: the one that this browser knows, or else the one shown. */
  async look(holdId?: string): Promise<void> {
    const id = holdId ?? allHeld().find(({ event_id }) => event_id === this.#eventId)?.hold_id ?? this.#shownId
    if (id === undefined) return
    const answer = await ask<Hold>('GET', `/holds/${encodeURIComponent(id)}`)
    if (answer.ok) this.take(answer.value)
    else if (answer.problem.status === 404) this.drop(id)
  }

  take(hold: Hold): void {
    this.#stopClock()
    if (hold.status !== 'active' && hold.status !== 'paying') {
      this.drop(hold.id)
      return
    }
    this.#shownId = hold.id
    rememberHeld({ event_id: this.#eventId, hold_id: hold.id, qty: countPlaces(hold.places) })
    this.#show(hold, secondsLeft(hold.expires_in_ms, 0))
    this.#stopClock = startClock(hold.expires_in_ms, (seconds) => {
      this.#show(hold, seconds)
      // The gateway decides whether the hold has ended, not this clock.
      if (seconds === 0) void this.look(hold.id)
    })
  }

  drop(holdId: string): void {
    this.#stopClock()
    this.#shownId = undefined
    forgetHeld(holdId)
    this.#onChange(null)
  }

  #show({ id, places, total_minor, currency }: Hold, seconds: number): void {
    this.#onChange({ holdId: id, places, totalMinor: total_minor, currency, clock: clockText(seconds) })
  }
}

/**
 * Signs this browser in as the guest who got a hold. In demo mode a buyer without a session holds as a new guest; the hold must stay
 * theirs.
 */
export async function becomeGuest({ user_id }: Hold): Promise<void> {
  if (user_id.startsWith('guest-')) await ask('POST', '/session', { body: { user_id } })
}
