import type { Database } from '#shared/database/postgres.ts'
import { parsePublicId } from '#shared/ids.ts'
import { bodyIfDone, HttpBuyer, type World } from './http-buyer.ts'
import { Random } from './random.ts'
import { holdTtlMs } from './settings.ts'

const howMany = 20

interface LeftSeat {
  readonly event_id: string
  readonly seat_no: number
}

/**
 * Really holds seats that were held by somebody whose time is over, whether or not that has been written down anywhere,
 * and gives them back. Answers those that could not be had. For when no buyer is there any more.
 */
export async function retakeLeftSeats(db: Database, world: World): Promise<{ tried: number; stuck: string[] }> {
  const seats = await findLeftSeats(db, world)
  const stuck: string[] = []
  for (const [index, { event_id, seat_no }] of seats.entries()) {
    const random = new Random(`retaking ${index}`)
    const buyer = new HttpBuyer(`chaos-retaker-${index}`, { random, world })
    const key = random.key()
    const outcome = await buyer.askUntilFinal(() => buyer.hold(event_id, { seat_nos: [seat_no] }, key), { times: 3 })
    const holdId = bodyIfDone(outcome)?.id
    if (holdId !== undefined) await buyer.askUntilFinal(() => buyer.release(holdId), { times: 3 })
    else stuck.push(`seat ${seat_no} of event ${event_id} could not be held: ${JSON.stringify(outcome)}`)
  }
  return { tried: seats.length, stuck }
}

/** Of holds that buyers got without a pass, and let run out: seats that are not sold and not held by anybody else in time. */
async function findLeftSeats(db: Database, { history }: World): Promise<LeftSeat[]> {
  const holds = history
    .holds()
    .map(({ id }) => parsePublicId(id ?? ''))
    .filter((parts) => parts !== null)
  return db.query<LeftSeat>(
    `SELECT DISTINCT ON (event_id) event_id, seat_no FROM (
       SELECT seat.event_id, seat.seat_no, seat.state
       FROM unnest($1::uuid[], $2::uuid[]) AS left_hold (event_id, id)
       JOIN booking.holds AS hold USING (event_id, id)
       JOIN booking.hold_items AS item ON item.event_id = hold.event_id AND item.hold_id = hold.id
       JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
       WHERE hold.pass_id IS NULL AND hold.status NOT IN ('converted', 'paying') AND hold.expires_at < now() - $3 * interval '1 ms'
         AND (seat.state = 'available' OR (seat.state = 'held' AND seat.held_until < now()))
     ) AS candidate ORDER BY event_id, state = 'held' DESC, seat_no LIMIT $4`,
    [holds.map(({ eventId }) => eventId), holds.map(({ ownId }) => ownId), holdTtlMs / 10, howMany],
  )
}
