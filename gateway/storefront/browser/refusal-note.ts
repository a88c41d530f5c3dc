import type { Note, Offer } from '../views/event/event-state.ts'
import { sum } from '../views/format.ts'
import * as words from '../views/words/event.ts'
import type { Fault } from './api.ts'
import { isTransient } from './ask-once.ts'
import { placesText, type Writing } from './place-lines.ts'
import type { Best } from './request-places.ts'
import { type Plan, placeOf } from './seat-map/plan.ts'

/** The explanation of a refused hold, and what the buyer can take instead. `best`: the refused request; null if it named places. */
export function refusalNote(problem: Fault, plan: Plan, best: Best | null, writing: Writing): Note {
  const alarm = (text: string, offers: readonly Offer[] = [], title: string = problem.title): Note => ({
    title,
    text,
    isAlarm: true,
    offers,
  })
  switch (problem.code) {
    case 'seat_unavailable': {
      const lost = numbersOf(problem.conflicts)
      const groups = Array.isArray(problem.alternatives) ? problem.alternatives.map(numbersOf) : []
      const offers = groups.map((seats): Offer => ({ label: groupLabel(plan, seats, writing), seats }))
      const taken = lost.length === 0 ? problem.detail : words.taken(placesText(plan, lost), lost.length > 1)
      return alarm(`${taken} ${offers.length > 0 ? words.nearBy : words.noneNearBy}`, offers, words.takenTitle)
    }
    case 'sold_out':
    case 'waiting_list_first':
      return { ...alarm(problem.detail), hasList: true }
    case 'no_adjacent_seats':
      return alarm(
        problem.detail,
        best === null ? [] : apartOffers(best),
        best === null ? problem.title : noTogether(best),
      )
    case 'not_enough_left': {
      const left = typeof problem.left === 'number' ? problem.left : 0
      const text =
        problem.held_by_others === true ? `${words.notEnough(left)} ${words.mayReturn}` : words.notEnough(left)
      return alarm(text, best === null || left === 0 ? [] : [fewer(Math.min(left, best.qty - 1))])
    }
    case 'ticket_limit':
      return alarm(words.limitReached(Number(problem.limit), Number(problem.tickets ?? 0)))
    case 'hold_exists':
      return { title: problem.title, text: words.holdExists, isAlarm: false, offers: [] }
    default:
      if (!isTransient(problem)) return alarm(problem.detail)
      return alarm(
        problem.code === 'offline' ? words.noAnswer : problem.detail,
        [{ label: words.tryAgain, again: 'hold' }],
        words.notHeld,
      )
  }
}

/** The explanation of a release that failed. */
export function notReleasedNote(problem: Fault): Note {
  const offers: readonly Offer[] = isTransient(problem) ? [{ label: words.tryAgain, again: 'release' }] : []
  return { title: words.notReleased, text: problem.detail, isAlarm: true, offers }
}

function noTogether({ qty, tier }: Best): string {
  return tier === undefined ? words.notTogether(qty) : words.notTogetherHere(qty)
}

function apartOffers({ qty, tier }: Best): Offer[] {
  return [
    ...(tier !== undefined ? [{ label: words.anyPrice, best: { qty, anyPrice: true } }] : []),
    { label: words.takeApart(qty), best: { qty, apart: true } },
    ...(qty > 1 ? [fewer(qty - 1)] : []),
  ]
}

function fewer(qty: number): Offer {
  return { label: words.fewerTogether(qty), best: { qty } }
}

/** `Row 8, seats 12 and 13, USD 379`; with the section if it differs from the first seat's. */
function groupLabel(plan: Plan, seats: readonly number[], { language, currency }: Writing): string {
  const total = seats.reduce((all, seat) => all + placeOf(plan, seat).priceMinor, 0)
  return `${placesText(plan, seats)}, ${sum(total, currency, language)}`
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'number') : []
}
