import { roomKey } from '#shared/room-keys.ts'
import { type Answer, ask, asOrganiser, eventOnSale, type TestEvent } from './http.ts'
import { openRedis } from './open-redis.ts'
import { until } from './until.ts'

/* What organisers and buyers of a waiting room do over HTTP. `url` is that of a gateway. */

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

/** The id of an event with a waiting room. */
export async function eventWithRoom(url: string, room: object = {}, event: TestEvent = {}): Promise<string> {
  const eventId = await eventOnSale(url, event)
  await setRoom(url, eventId, room)
  return eventId
}

/** The same as `ask`, asked again while Redis does not answer the gateway in time: a busy machine is no fault of the product. */
async function askPatiently(...asked: Parameters<typeof ask>): Promise<Answer> {
  let answer = await ask(...asked)
  const isAnswered = () => answer.body?.code !== 'unavailable'
  await until('Redis answers in time', async () => {
    if (!isAnswered()) answer = await ask(...asked)
    return isAnswered()
  })
  return answer
}

export const askToJoin = (url: string, eventId: string, user: string): Promise<Answer> =>
  askPatiently(`${url}/events/${eventId}/queue`, { json: { user_id: user } })

/** The id of a new or known place. */
export async function join(url: string, eventId: string, user: string): Promise<string> {
  const { status, body, text } = await askToJoin(url, eventId, user)
  if (status !== 201) throw new Error(text)
  return body.id
}

/** Places by buyer. */
export type Places = Map<string, { readonly id: string; readonly index: number; readonly number: number | null }>

interface Gateways {
  readonly gateways: readonly { readonly url: string }[]
}

/** Lets buyers join one after the other, at each gateway in turn; one who is kept from it tries again. */
export async function joinAll({ gateways }: Gateways, eventId: string, name: string, count: number): Promise<Places> {
  const places: Places = new Map()
  for (let at = 0; at < count; at += 1) {
    const user = `${name}-${at}`
    await until(`${user} has a place`, async () => {
      const { status, body } = await askToJoin(gateways[at % gateways.length]?.url ?? '', eventId, user)
      if (status === 201) places.set(user, body)
      return status === 201
    })
  }
  return places
}

/** All buyers show their ids. Answers what their places are then, once they have numbers if they `haveNumbers`. */
export async function lookAtAll(
  { gateways }: Gateways,
  places: Places,
  { haveNumbers = true } = {},
): Promise<{ number: number; ahead: number; state: string }[]> {
  const seen: { number: number; ahead: number; state: string }[] = []
  for (const [user, { id }] of places) {
    await until(`the place of ${user} is shown`, async () => {
      const { status, body } = await look(gateways[seen.length % gateways.length]?.url ?? '', id, user)
      if (status !== 200 || (haveNumbers && body.number === null)) return false
      seen.push(body)
      return true
    })
  }
  return seen
}

export async function numbersOf(system: Gateways, places: Places): Promise<number[]> {
  return (await lookAtAll(system, places)).map(({ number }) => number)
}

/** Redis loses everything that it knows of a room. */
export async function forgetRoom(redisUrl: string, eventId: string): Promise<void> {
  const redis = openRedis(redisUrl)
  for (const key of await redis.keys(roomKey(eventId, '*'))) await redis.del(key)
  redis.disconnect()
}

export const look = (url: string, placeId: string, user: string): Promise<Answer> =>
  askPatiently(`${url}/queue/${placeId}?user_id=${user}`)
export const askForPass = (url: string, placeId: string, user: string): Promise<Answer> =>
  askPatiently(`${url}/queue/${placeId}/pass`, { json: { user_id: user } })
export const leave = (url: string, placeId: string, user: string): Promise<Answer> =>
  askPatiently(`${url}/queue/${placeId}?user_id=${user}`, { method: 'DELETE' })

/** The pass of a place, once it is called. */
export async function claim(url: string, placeId: string, user: string): Promise<string> {
  let pass: string | null = null
  await until('there is a pass', async () => {
    pass = (await askForPass(url, placeId, user)).body.pass
    return pass !== null
  })
  return pass ?? ''
}

/** Joins, waits for the call, and claims. */
export async function passOf(url: string, eventId: string, user: string): Promise<string> {
  return claim(url, await join(url, eventId, user), user)
}

/** A pass beside the queue. */
export const bypass = (url: string, eventId: string, user: string, headers: object = {}): Promise<Answer> =>
  askPatiently(`${url}/admin/events/${eventId}/queue/passes`, {
    headers: { ...asOrganiser, ...headers },
    json: { for_user_id: user },
  })

export const hold = (url: string, eventId: string, user: string, pass?: string): Promise<Answer> =>
  ask(`${url}/events/${eventId}/holds`, {
    json: { best_available: { qty: 1 }, user_id: user },
    headers: pass === undefined ? {} : { 'queue-pass': pass },
  })
