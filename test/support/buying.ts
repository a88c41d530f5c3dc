import { randomUUID } from 'node:crypto'
import { type Answer, ask } from './http.ts'

/* What buyers do over HTTP, in demo mode. `url` is that of a gateway. */

/** Seats by their numbers, or any selection. */
type Wanted = readonly number[] | object

const selectionOf = (wanted: Wanted): object => (Array.isArray(wanted) ? { seat_nos: wanted } : wanted)

export const holdPlaces = (url: string, eventId: string, wanted: Wanted, user: string): Promise<Answer> =>
  ask(`${url}/events/${eventId}/holds`, { json: { ...selectionOf(wanted), user_id: user } })

/** Holds and pays in one request. */
export const buyPlaces = (
  url: string,
  eventId: string,
  wanted: Wanted,
  user: string,
  { token = 'tok_ok', key = randomUUID() as string } = {},
): Promise<Answer> =>
  ask(`${url}/purchase`, {
    headers: { 'idempotency-key': key },
    json: { event_id: eventId, ...selectionOf(wanted), payment_token: token, user_id: user },
  })

/** The same. Throws unless it is bought; answers the booking. */
export async function bookingOf(...bought: Parameters<typeof buyPlaces>): Promise<Answer['body']> {
  const { status, body, text } = await buyPlaces(...bought)
  if (status !== 201) throw new Error(`not bought: ${text}`)
  return body
}

/** Headers of a user who is signed in: with a cookie, as browsers are, or a token, as programs are. */
export async function cookieOf(url: string, user: string): Promise<{ cookie: string }> {
  const { headers } = await ask(`${url}/session`, { json: { user_id: user } })
  return { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' }
}

export async function tokenOf(url: string, user: string): Promise<{ authorization: string }> {
  const { body } = await ask(`${url}/session`, { json: { user_id: user } })
  return { authorization: `Bearer ${body.token}` }
}

export const releaseHold = (url: string, holdId: string, user: string): Promise<Answer> =>
  ask(`${url}/holds/${holdId}?user_id=${user}`, { method: 'DELETE' })

/** Pays for a hold. */
export const pay = (url: string, holdId: string, user: string, token = 'tok_ok'): Promise<Answer> =>
  ask(`${url}/purchase`, { json: { hold_id: holdId, payment_token: token, user_id: user } })
