import { count, sum } from '../format.ts'
import { type Html, html } from '../html.ts'
import * as words from '../words/desk.ts'
import type { DeskEventState } from './event-state.ts'

/** What an organiser may have to see to, each with where to read on. */
export function lookInto({ eventId, report, invariants, refunds, language }: DeskEventState): Html {
  const id = encodeURIComponent(eventId)
  const number = (value: number): string => count(value, language)
  // With names, so that a line that appears above another does not take its link under the pointer.
  const line = (name: string, [what, text]: readonly [string, string], href: string): Html =>
    html`<li id="look-${name}"><span>${what !== '' && html`<strong>${what}</strong>`}${text} <a href="${href}">${words.show}</a></span></li>`
  const lines: Html[] = []
  if (invariants === 'no answer') lines.push(line('auditor', ['', words.noAuditor], '/running'))
  else if (invariants !== null) {
    const { violations, dead_letters: deadLetters } = invariants
    if (violations > 0)
      lines.push(line('violations', [words.violations(number(violations)), words.ofInvariants], '/admin/invariants'))
    if (deadLetters > 0)
      lines.push(line('dead-letters', [words.deadLetters(number(deadLetters)), words.notApplied], '/admin/invariants'))
  }
  if (refunds !== null) {
    const done = words.refundsOf(number(refunds.refunded), number(refunds.bookings))
    lines.push(line('refunds', [done, words.refundsDone], `/admin/events/${id}/refunds`))
  }
  if (report !== null) {
    const { let_in_twice: twice, refund_due_minor: due, held_ending_soon: endingSoon, currency } = report
    if (twice > 0)
      lines.push(
        line('twice', [words.ticketsTwice(number(twice)), words.letInTwice], `/desk/events/${id}/double-entries`),
      )
    if (due > 0 && currency !== null)
      lines.push(line('due', [sum(due, currency, language), words.refundDue], `/desk/orders?event=${id}`))
    if (endingSoon > 0)
      lines.push(line('held', [words.heldPlaces(number(endingSoon)), words.comeFree], `/shop/events/${id}#list`))
  }
  return lines.length === 0 ? html`<p class="quiet">${words.nothingToDo}</p>` : html`<ul class="rows">${lines}</ul>`
}
