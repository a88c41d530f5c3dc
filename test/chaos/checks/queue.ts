import type { Check } from './evidence.ts'

/* The waiting room keeps what it acknowledged, whatever is killed, and lets nobody in beside it. */

/** A place keeps its number, and no two buyers have the same one. */
export const placesAreKept: Check = ({ history }) => {
  const numbers = new Map<string, number>()
  const owners = new Map<number, string>()
  const wrong: string[] = []
  for (const { userId, placeId, number } of history.places) {
    const before = numbers.get(placeId)
    if (before !== undefined && before !== number) wrong.push(`${userId} had number ${before}, and then ${number}`)
    const owner = owners.get(number)
    if (owner !== undefined && owner !== userId) wrong.push(`${owner} and ${userId} have the same number ${number}`)
    numbers.set(placeId, number)
    owners.set(number, userId)
  }
  return wrong
}

/** Nobody who shows the id of their place hears that there is none. */
export const placesAreFound: Check = ({ history }) =>
  history.entries.flatMap(({ operation, userId, path, outcome }) =>
    operation === 'look' && outcome.kind === 'answer' && outcome.status === 404
      ? [`${userId}: ${path} is not found`]
      : [],
  )

/** Where a pass is needed every hold has one, which was used for three holds and one booking at most. */
export const passesAreNeeded: Check = async ({ db }) => {
  const without = await db.query<{ id: string; user_id: string }>(
    `SELECT hold.id, hold.user_id FROM booking.holds AS hold JOIN booking.sales AS sale USING (event_id)
     WHERE sale.needs_pass AND hold.pass_id IS NULL`,
  )
  const overused = await db.query<{ pass_id: string; holds: number; bookings: number }>(
    `SELECT hold.pass_id, count(*)::int AS holds, count(booking.id)::int AS bookings
     FROM booking.holds AS hold
     LEFT JOIN booking.bookings AS booking
       ON booking.event_id = hold.event_id AND booking.hold_id = hold.id AND booking.status = 'confirmed'
     WHERE hold.pass_id IS NOT NULL
     GROUP BY hold.event_id, hold.pass_id HAVING count(*) > 3 OR count(booking.id) > 1`,
  )
  return [
    ...without.map(({ id, user_id }) => `${user_id} has hold ${id} without a pass`),
    ...overused.map(({ pass_id, holds, bookings }) => `pass ${pass_id} has ${holds} holds and ${bookings} bookings`),
  ]
}
