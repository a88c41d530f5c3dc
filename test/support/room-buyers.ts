import { type Answer, ask, eventOnSale } from './http.ts'
import { openRedis } from './open-redis.ts'
import { organiserKey, type System } from './system.ts'
import { until } from './until.ts'

/* What organisers and buyers of a waiting room do over HTTP. `url` is that of a gateway. */

const asOrganiser = { authorization: `Bearer ${organiserKey}` }

type Room = Pick<System, 'gateways' | 'redis'>

const usual = {
  state: 'open',
  adaptive: false,
  calls_per_minute: 6_000,
  max_active: 100,
  claim_s: 60,
  session_s: 600,
  idle_s: 300,
}

/** Sets the room of an event: open, fast and large but for what `room` says. */
export async function setRoom(url: string, eventId: string, room: object = {}): Promise<void> {
  const path = `${url}/admin/events/${eventId}/queue`
  const { status, text } = await ask(path, { method: 'PUT', headers: asOrganiser, json: { ...usual, ...room } })
  if (status !== 200) throw new Error(text)
}

/** The id of an event on sale with a waiting room. */
export async function eventWithRoom(url: string, room: object = {}): Promise<string> {
  const eventId = await eventOnSale(url)
  await setRoom(url, eventId, room)
  return eventId
}

interface Place {
  readonly id: string
  readonly index: number
  readonly number: number
}

async function takePlace(url: string, eventId: string, user: string): Promise<Place> {
  const { status, body, text } = await ask(`${url}/events/${eventId}/queue`, { json: { user_id: user } })
  if (status !== 201) throw new Error(text)
  return body
}

/** The id of a new or known place. */
export const join = async (url: string, eventId: string, user: string): Promise<string> =>
  (await takePlace(url, eventId, user)).id

/** The places of so many buyers `name-0`, `name-1`, who join one after the other, at one gateway and the next. */
export async function joinAll({ gateways }: Room, eventId: string, name: string, count: number) {
  const places = new Map<string, Place>()
  for (let at = 0; at < count; at += 1) {
    const url = gateways[at % gateways.length]?.url ?? ''
    places.set(`${name}-${at}`, await takePlace(url, eventId, `${name}-${at}`))
  }
  return places
}

/** Everything that Redis knows of a room is gone. */
export async function forgetRoom(room: Room, eventId: string): Promise<void> {
  const redis = openRedis(room.redis.url)
  for (const key of await redis.keys(`queue:{${eventId}}:*`)) await redis.del(key)
  redis.disconnect()
}

export const look = (url: string, placeId: string, user: string): Promise<Answer> =>
  ask(`${url}/queue/${placeId}?user_id=${user}`)

/** The pass of a place, once it is called. */
export async function claim(url: string, placeId: string, user: string): Promise<string> {
  let pass: string | null = null
  await until('there is a pass', async () => {
    pass = (await ask(`${url}/queue/${placeId}/pass`, { json: { user_id: user } })).body.pass
    return pass !== null
  })
  return pass ?? ''
}

/** Joins, waits for the call, and claims. */
export const passOf = async (url: string, eventId: string, user: string): Promise<string> =>
  claim(url, await join(url, eventId, user), user)

/** A pass beside the queue. */
export const bypass = (url: string, eventId: string, user: string, headers: object = {}): Promise<Answer> =>
  ask(`${url}/admin/events/${eventId}/queue/passes`, {
    headers: { ...asOrganiser, ...headers },
    json: { for_user_id: user },
  })

export const hold = (url: string, eventId: string, user: string, pass?: string): Promise<Answer> =>
  ask(`${url}/events/${eventId}/holds`, {
    json: { best_available: { qty: 1 }, user_id: user },
    headers: pass === undefined ? {} : { 'queue-pass': pass },
  })

export const pay = (url: string, holdId: string, user: string): Promise<Answer> =>
  ask(`${url}/purchase`, { json: { hold_id: holdId, payment_token: 'tok_ok', user_id: user } })
