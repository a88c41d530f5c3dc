import { randomUUID } from 'node:crypto'
import { ask } from '../../support/http.ts'

/** Most tickets of one buyer in the demo. */
const maxTickets = 8
const atOnce = 8

/**
 * Other buyers take seats of an event, so that its map looks as during a sale: groups side by side, the better rows fuller. `share`: of
 * the seats; every twelfth group has not paid yet. The same seats in every run.
 */
export async function fillHouse(url: string, eventId: string, share: number): Promise<void> {
  const { body: layout } = await ask(`${url}/events/${eventId}/layout`)
  const random = numbersFrom(7)
  const groups: number[][] = []
  let first = 0
  for (const [index, { seats }] of (layout.rows as { seats: string[] }[]).entries()) {
    const rowShare = share * (1.5 - index / layout.rows.length)
    for (let at = 0; at < seats.length; ) {
      const size = Math.min(2 + Math.floor(random() * (maxTickets - 2)), seats.length - at)
      if (random() < rowShare) groups.push(Array.from({ length: size }, (_, seat) => first + at + seat))
      at += size
    }
    first += seats.length
  }
  const takeNext = async (): Promise<void> => {
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
      const isPaid = groups.length % 12 !== 0
      const json = { seat_nos: group, user_id: `busy.${groups.length}` }
      const { status, text } = await ask(isPaid ? `${url}/purchase` : `${url}/events/${eventId}/holds`, {
        json: isPaid ? { ...json, event_id: eventId, payment_token: 'tok_ok' } : json,
        headers: { 'idempotency-key': randomUUID() },
      })
      if (status !== 201) throw new Error(text)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, takeNext))
}

/** Numbers from 0 to 1 that are the same in every run. */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
