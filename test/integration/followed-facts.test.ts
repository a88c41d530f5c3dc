import test, { type ExecutionContext } from 'ava'
import { type FactFollower, type FollowedFact, followFacts } from '#shared/facts/follow.ts'
import { ensureFactStream, type FactPosition, publishFact } from '#shared/facts/stream.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import type { NatsUrls } from '../../infra/servers/nats-users.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { startSingleNats, startTestNats } from '../support/servers.ts'
import { until } from '../support/until.ts'

const empty = new Uint8Array()
const api = (action: string): string => `$JS.API.${action}.TICKETING_FACTS`

test('every process hears every fact from now on, in the order of the stream and with its number there', async (t) => {
  const { urls, tell } = await startStream(t)
  await tell(3)
  const followers = [await follow(t, urls), await follow(t, urls)]
  for (const { restarts } of followers) t.like(restarts, [{ sequence: 3 }])
  const told = await tell(200)
  for (const { facts, follower } of followers) {
    await until('all are heard', () => facts.length >= 200)
    t.deepEqual(
      facts.map(({ eventId }) => eventId),
      told,
    )
    t.deepEqual(
      facts.map(({ sequence }) => sequence),
      Array.from({ length: 200 }, (_, index) => 4 + index),
    )
    t.is(follower.position?.sequence, 203)
  }
})

test('no fact falls between the position at which following begins and the first fact that is heard', async (t) => {
  const { urls, tell } = await startStream(t)
  let telling = true
  const told = (async () => {
    while (telling) await tell(1)
  })()
  for (let round = 0; round < 10; round += 1) {
    const { facts, restarts, follower } = await follow(t, urls)
    await until('some are heard', () => facts.length > 10)
    const [{ sequence } = { sequence: NaN }, ...more] = restarts
    t.deepEqual(more, [])
    t.deepEqual(
      facts.map(({ sequence }) => sequence),
      facts.map((_, index) => sequence + 1 + index),
    )
    await follower.stop()
    t.is(follower.position, null)
  }
  telling = false
  await told
})

test('a follower whose consumer was deleted says so and begins again', async (t) => {
  const { urls, operator, tell } = await startStream(t)
  const { facts, restarts, messages } = await follow(t, urls)
  const deleteConsumer = async (): Promise<void> => {
    const { consumers } = await ask(operator, api('CONSUMER.NAMES'))
    await ask(operator, `${api('CONSUMER.DELETE')}.${consumers[0]}`)
  }
  await deleteConsumer()
  await tell(2)
  await until('it begins again', () => restarts.length === 2)
  t.is(restarts[1]?.sequence, 2)
  await tell(1)
  await until('it hears the next', () => facts.length > 0)
  t.deepEqual(
    facts.map(({ sequence }) => sequence),
    [3],
  )
  t.deepEqual(messages, ['facts are not followed', 'facts are followed'])
})

test('a missing fact is noticed at the next one', async (t) => {
  const { urls, operator, tell } = await startStream(t)
  const { facts, restarts } = await follow(t, urls)
  await tell(1)
  await until('one is heard', () => facts.length === 1)
  // As a node does that was away: the same consumer, with what is new by then.
  const { consumers } = await ask(operator, api('CONSUMER.LIST'))
  const { name, config } = consumers[0]
  await ask(operator, `${api('CONSUMER.DELETE')}.${name}`)
  await tell(1)
  await ask(operator, api('CONSUMER.CREATE'), {
    stream_name: 'TICKETING_FACTS',
    config: { ...config, name: undefined },
  })
  await tell(1)
  await until('it begins again', () => restarts.length === 2, { timeoutMs: 2_000 })
  t.is(restarts[1]?.sequence, 3)
})

test('a follower hears facts again after the server was away, and logs that once', async (t) => {
  const nats = await startSingleNats()
  t.teardown(() => nats.stop())
  const { tell } = await prepare(t, nats.urls)
  const { facts, restarts, messages, follower } = await follow(t, nats.urls)
  await tell(1)
  await until('one is heard', () => facts.length === 1)
  await nats.kill()
  await until('it knows that it hears nothing', () => follower.position === null)
  await nats.restart({ withData: true })
  await until('it begins again', () => restarts.length === 2)
  t.is(restarts[1]?.stream, restarts[0]?.stream)
  await until('the next is told', () => tell(1).then(Boolean, () => false))
  await until('it is heard', () => facts.length === 2)
  t.deepEqual(messages, ['facts are not followed', 'facts are followed'])
})

test('a follower notices a server that is silent, and follows again', async (t) => {
  const nats = await startSingleNats()
  t.teardown(() => nats.stop())
  await prepare(t, nats.urls)
  const { restarts, follower } = await follow(t, nats.urls)
  nats.freeze()
  await until('it knows that it hears nothing', () => follower.position === null, { timeoutMs: 6_000 })
  nats.thaw()
  await until('it begins again', () => restarts.length === 2)
  t.deepEqual(follower.position, restarts[1])
})

test('a stream that was made anew is another stream', async (t) => {
  const { urls, operator, tell } = await startStream(t)
  await tell(5)
  const { facts, restarts, follower } = await follow(t, urls)
  await ask(operator, api('STREAM.DELETE'))
  await until('it knows that it hears nothing', () => follower.position === null)
  await ensureFactStream(operator)
  await until('it begins again', () => restarts.length === 2)
  t.is(restarts[1]?.sequence, 0)
  t.not(restarts[1]?.stream, restarts[0]?.stream)
  await tell(1)
  await until('it hears the next', () => facts.length === 1)
  t.is(facts[0]?.sequence, 1)
})

test('a follower waits for a stream that nobody has made yet', async (t) => {
  const nats = await startTestNats()
  t.teardown(() => nats.stop())
  const bus = await connect(t, nats.urls, 'gateway')
  const { log, messages } = createRecordedLog()
  const restarts: FactPosition[] = []
  const follower = followFacts(bus, { log, onFact: () => undefined, onRestart: (at) => restarts.push(at) })
  t.teardown(() => follower.stop())
  await until('it has looked', () => messages.length > 0)
  t.is(follower.position, null)
  await ensureFactStream(await connect(t, nats.urls, 'booking'))
  await until('it begins', () => restarts.length === 1)
  t.deepEqual(follower.position, restarts[0])
  t.deepEqual(messages, ['there are no facts yet that could be followed', 'facts are followed'])
})

test('a fact that only a newer version tells is passed over', async (t) => {
  const { urls, operator, tell } = await startStream(t)
  const { facts, restarts, follower } = await follow(t, urls)
  // Nobody but an owner may tell facts: the stream takes this one in from elsewhere.
  const { config } = await ask(operator, api('STREAM.INFO'))
  const subjects = [...config.subjects, 'ticketing.v1.test.newer']
  await ask(operator, api('STREAM.UPDATE'), { ...config, subjects })
  await operator.request('ticketing.v1.test.newer', { payload: empty, headers: {} }, 2_000)
  await tell(1)
  await until('the one after it is heard', () => facts.length > 0)
  t.deepEqual(
    facts.map(({ sequence }) => sequence),
    [2],
  )
  t.is(follower.position?.sequence, 2)
  t.is(restarts.length, 1)
})

async function startStream(t: ExecutionContext) {
  const nats = await startTestNats()
  t.teardown(() => nats.stop())
  return { urls: nats.urls, ...(await prepare(t, nats.urls)) }
}

/** Makes the stream. `tell` publishes so many facts, one after the other, and answers the events they are of. */
async function prepare(t: ExecutionContext, urls: NatsUrls) {
  const booking = await connect(t, urls, 'booking')
  await ensureFactStream(booking)
  const tell = async (count: number): Promise<string[]> => {
    const events = Array.from({ length: count }, newId)
    for (const eventId of events) {
      const subject = `ticketing.fact.hold.${eventId}.released`
      await publishFact(booking, { id: newId(), subject, payload: '{}', headers: {} })
    }
    return events
  }
  return { operator: await connect(t, urls, 'operator'), tell }
}

/** A follower with the rights of a gateway, that has begun. */
async function follow(t: ExecutionContext, urls: NatsUrls) {
  const bus = await connect(t, urls, 'gateway')
  const { log, messages } = createRecordedLog()
  const facts: FollowedFact[] = []
  const restarts: FactPosition[] = []
  const follower: FactFollower = followFacts(bus, {
    log,
    onFact: (fact) => facts.push(fact),
    onRestart: (position) => restarts.push(position),
  })
  t.teardown(() => follower.stop())
  await until('it follows', () => restarts.length === 1)
  return { facts, restarts, messages, follower }
}

async function connect(t: ExecutionContext, urls: NatsUrls, user: keyof NatsUrls): Promise<Bus> {
  const bus = await Bus.connect({ url: urls[user], name: user, timeoutMs: 5_000 })
  t.teardown(() => bus.close())
  return bus
}

async function ask(bus: Bus, subject: string, request?: object) {
  const payload = request === undefined ? empty : new TextEncoder().encode(JSON.stringify(request))
  const reply = await bus.request(subject, { payload, headers: {} }, 5_000)
  const answer = JSON.parse(Buffer.from(reply.payload).toString('utf8'))
  if (answer.error) throw new Error(`${subject}: ${answer.error.description}`)
  return answer
}
