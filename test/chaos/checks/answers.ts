import { type Command, type Entry, finalVerdict, verdictOf } from '../history.ts'
import { acknowledgedPurchases, type Check } from './evidence.ts'

/* What buyers are told is the truth, and stays so. */

/** The same key gets the same answer, byte by byte, once there is a final one. */
export const sameKeySameAnswer: Check = ({ history }) => history.purchases().flatMap(changedAnswers)

function changedAnswers({ userId, key, entries }: Command): string[] {
  const finals = entries.filter(isFinal)
  const [first] = finals
  if (first === undefined) return []
  // A request sent before the first final answer may have been refused on other grounds meanwhile.
  const later = entries.filter((entry) => entry.beganAt > first.endedAt && verdictOf(entry.outcome) !== 'open')
  return [...new Set([...finals, ...later])]
    .filter((entry) => textOf(entry) !== textOf(first))
    .map((entry) => `${userId} with ${key} was told ${textOf(first)} and then ${textOf(entry)}`)
}

/** Bought, or declined: refusals for other reasons are no outcome, and may turn out otherwise when tried again. */
function isFinal({ outcome }: Entry): boolean {
  if (outcome.kind !== 'answer') return false
  return outcome.status === 201 || outcome.status === 402
}

/** Problems name the request and its trace, which differ; all else of an answer counts. */
function textOf({ outcome }: Entry): string {
  if (outcome.kind !== 'answer') return outcome.why
  return outcome.status < 300 ? outcome.text : `${outcome.status} ${outcome.body.code}`
}

/** A buyer who was refused in the end was not charged and has no booking. */
export const refusedIsNotBought: Check = async ({ history, db }) => {
  const refused = history.purchases().filter((command) => finalVerdict(command) === 'refused')
  const bought = await db.query<{ user_id: string; idempotency_key: string; status: string }>(
    `SELECT user_id, idempotency_key, status FROM purchase.payments
     JOIN unnest($1::text[], $2::text[]) AS refused (user_id, idempotency_key) USING (user_id, idempotency_key)
     WHERE status IN ('authorised', 'capturing', 'captured', 'refunded')`,
    [refused.map(({ userId }) => userId), refused.map(({ key }) => key)],
  )
  return bought.map(
    ({ user_id, idempotency_key, status }) =>
      `${user_id} with ${idempotency_key} was refused, its payment is ${status}`,
  )
}

/** Nobody has a booking that no answer ever told of. */
export const everyBookingIsKnown: Check = async ({ history, db }) => {
  const known = new Set(acknowledgedPurchases(history).map(({ bookingId }) => bookingId))
  const confirmed = await db.query<{ id: string; user_id: string }>(
    `SELECT id, user_id FROM booking.bookings WHERE status = 'confirmed'`,
  )
  return confirmed
    .filter(({ id }) => !known.has(id))
    .map(({ id, user_id }) => `${user_id} has booking ${id} and was never told`)
}

/** Every answer about holds and bookings is its caller's. */
export const ownThingsOnly: Check = ({ history }) =>
  history.entries.flatMap(({ userId, method, path, outcome }) => {
    if (outcome.kind !== 'answer' || outcome.status >= 300) return []
    const { body } = outcome
    const strangers = [body, ...(body.items ?? [])].filter(({ user_id = userId }) => user_id !== userId)
    return strangers.map(({ id, user_id }) => `${userId}: ${method} ${path} answered ${id} of ${user_id}`)
  })

/** Things of others do not exist. */
export const strangersGetNothing: Check = ({ history }) =>
  history.entries
    .filter(({ stranger, outcome }) => stranger && verdictOf(outcome) === 'done')
    .map(({ userId, method, path }) => `${userId}: ${method} ${path}`)
