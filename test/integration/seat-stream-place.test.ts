import test, { type ExecutionContext } from 'ava'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import { followPlace, SharedPlaces } from '../../gateway/streams/place.ts'
import { tokenOf } from '../support/buying.ts'
import { claim, eventWithRoom, join, setRoom } from '../support/room-buyers.ts'
import { SeatStreamClient } from '../support/seat-stream-client.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* The own place in the queue, on the stream of the seats. */

const system = sharedSystem()

async function open(t: ExecutionContext, eventId: string, place: string, user?: string): Promise<SeatStreamClient> {
  const client = new SeatStreamClient()
  t.teardown(() => client.cut())
  const headers = user === undefined ? {} : await tokenOf(system.url, user)
  return client.connect(`${system.url}/events/${eventId}/seats/stream?place=${place}`, { headers })
}

const statesIn = (client: SeatStreamClient) => client.of('place').map(({ data }) => data.state)

test.serial('a buyer sees their place move, their call and their admission on the stream of the seats', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url, { state: 'paused' })
  await join(url, eventId, 'ann')
  const bobs = await join(url, eventId, 'bob')
  const client = await open(t, eventId, bobs, 'bob')
  await until('the place is there', () => client.of('place').length > 0)
  t.like(client.of('place')[0]?.data, { id: bobs, state: 'waiting', number: 2, ahead: 1 })
  t.is(client.of('place')[0]?.id, undefined)
  // More than once where the gateway hears only now what the organiser did.
  t.true(client.of('reset').length > 0)
  await setRoom(url, eventId)
  // A place in a paused queue is looked at every ten seconds.
  await until('bob is called', () => statesIn(client).includes('called'), { timeoutMs: 30_000 })
  t.true(client.of('place').at(-1)?.data.claim_in_ms > 0)
  await claim(url, bobs, 'bob')
  await until('bob is admitted', () => statesIn(client).includes('admitted'))
  t.true(client.isOpen)
})

test.serial('a place of another buyer, of another event, or without a token is not found', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url, { state: 'paused' })
  const otherId = await eventWithRoom(url, { state: 'paused' })
  const anns = await join(url, eventId, 'ann')
  for (const [event, place, user] of [
    [eventId, anns, 'bob'],
    [eventId, anns, undefined],
    [otherId, anns, 'ann'],
    [eventId, Buffer.alloc(32).toString('base64url'), 'ann'],
  ] as const) {
    const client = await open(t, event, place, user)
    t.is(client.status, 404)
    t.is((await client.problem()).code, 'not_found')
  }
  const malformed = await open(t, eventId, 'mine', 'ann')
  t.is(malformed.status, 400)
  t.is((await malformed.problem()).errors?.[0]?.pointer, '/place')
})

test.serial('where the room is off, the stream sends the seats as usual', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url)
  const place = await join(url, eventId, 'cat')
  await setRoom(url, eventId, { state: 'off' })
  const client = await open(t, eventId, place, 'cat')
  t.is(client.status, 200)
  // More than once where the gateway had to load the seats again.
  await until('the seats are there', () => client.of('reset').length > 0)
})

/** What is told of a place that is one after the other of these. */
async function told(answers: readonly (Partial<QueuePlace> | TicketingError)[]): Promise<string[]> {
  const messages: string[] = []
  const ended = new AbortController()
  let next = 0
  const ask = async (): Promise<QueuePlace> => {
    const answer = answers[next]
    next += 1
    if (answer instanceof Error) throw answer
    if (answer === undefined) ended.abort()
    return { state: 'waiting', ahead: 1, eta_s: null, next_poll_ms: 0, ...answer } as QueuePlace
  }
  await followPlace(ask, (message) => messages.push(String(message)), ended.signal)
  return messages
    .map((text) => JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '{}'))
    .map(({ state, ahead }) => `${state} ${ahead}`)
}

test('the stream sends a place each time it has moved, until it is admitted or over', async (t) => {
  t.deepEqual(await told([{}, {}, { ahead: 0 }, { ahead: 0 }]), ['waiting 1', 'waiting 0'])
  t.deepEqual(await told([{}, { state: 'admitted' }, { ahead: 7 }]), ['waiting 1', 'admitted 1'])
  t.deepEqual(await told([{}, new TicketingError('place_expired', 'Over.'), {}]), ['waiting 1', 'ended undefined'])
  t.deepEqual(await told([{}, new TicketingError('queue_not_enabled', 'Off.'), {}]), ['waiting 1'])
})

test('however many streams a place has, they ask for it together', async (t) => {
  const places = new SharedPlaces()
  let questions = 0
  const ask = async (): Promise<QueuePlace> => {
    questions += 1
    return { state: 'admitted', ahead: 0, eta_s: null, next_poll_ms: 0 } as QueuePlace
  }
  const { signal } = new AbortController()
  const messages: Buffer[] = []
  const tell = (placeId: string) =>
    followPlace(
      () => places.view(placeId, ask),
      (message) => messages.push(message),
      signal,
    )
  await Promise.all(Array.from({ length: 200 }, () => tell('one')))
  t.deepEqual([messages.length, questions], [200, 1])
  await tell('another')
  t.is(questions, 2)
  await until('it is asked for again later', async () => {
    await tell('one')
    return questions === 3
  })
})
