import '../support/few-at-a-time.ts'
import test, { type ExecutionContext } from 'ava'
import { type FactFollower, type FollowedFact, followFacts } from '#shared/facts/follow.ts'
import { ensureFactStream, type FactPosition, publishFact } from '#shared/facts/stream.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { busOf } from '../support/open-bus.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { startSingleNats, startTestNats } from '../support/servers.ts'
import { until } from '../support/until.ts'

const empty = new Uint8Array()
const api = (action: string): string => `$JS.API.${action}.TICKETING_FACTS`

test('every follower gets every fact from now on, in the order of the stream and with its number there', async (t) => {
  const { urls, publish } = await startStream(t)
  await publish(3)
  const followers = [await follow(t, urls), await follow(t, urls)]
  for (const { restarts } of followers) t.like(restarts, [{ sequence: 3 }])
  const published = await publish(200)
  for (const { facts, follower } of followers) {
    await until('all arrive', () => facts.length >= 200)
    t.is(facts.map(({ eventId }) => eventId).join(), published.join())
    t.is(facts.map(({ sequence }) => sequence).join(), Array.from({ length: 200 }, (_, index) => 4 + index).join())
    for (const { payload } of facts) t.is(Buffer.from(payload).toString('utf8'), '{}')
    t.is(follower.position?.sequence, 203)
  }
})

test('no fact is lost between the position at which following begins and the first fact', async (t) => {
  const { urls, publish } = await startStream(t)
  let publishing = true
  const ended = (async () => {
    while (publishing) await publish(1)
  })()
  for (let round = 0; round < 10; round += 1) {
    const { facts, restarts, follower } = await follow(t, urls)
    await until('some arrive', () => facts.length > 10)
    const [{ sequence } = { sequence: NaN }, ...more] = restarts
    t.deepEqual(more, [])
    t.is(facts.map(({ sequence }) => sequence).join(), facts.map((_, index) => sequence + 1 + index).join())
    await follower.stop()
    t.is(follower.position, null)
  }
  publishing = false
  await ended
})

test('a follower whose consumer was deleted logs that and begins again', async (t) => {
  const { urls, operator, publish } = await startStream(t)
  const { facts, restarts, messages } = await follow(t, urls)
  const deleteConsumer = async (): Promise<void> => {
    const { consumers } = await ask(operator, api('CONSUMER.NAMES'))
    await ask(operator, `${api('CONSUMER.DELETE')}.${consumers[0]}`)
  }
  await deleteConsumer()
  await publish(2)
  await until('it begins again', () => restarts.length === 2)
  await publish(1)
  await until('the next arrives', () => facts.at(-1)?.sequence === 3)
  const [, { sequence } = { sequence: NaN }] = restarts
  t.is(facts.map(({ sequence }) => sequence).join(), [1, 2, 3].slice(sequence).join())
  t.deepEqual(messages, ['following facts was interrupted', 'following facts resumed'])
})

test('a missing fact is noticed at the next one', async (t) => {
  const { urls, operator, publish } = await startStream(t)
  const { facts, restarts } = await follow(t, urls)
  await publish(1)
  await until('one arrives', () => facts.length === 1)
  // The same consumer, which now misses a fact between two others.
  const { consumers } = await ask(operator, api('CONSUMER.LIST'))
  const { name, config } = consumers[0]
  const filter_subject = 'ticketing.fact.seat.>'
  await ask(operator, `${api('CONSUMER.CREATE')}.${name}.${filter_subject}`, {
    stream_name: 'TICKETING_FACTS',
    config: { ...config, filter_subject },
  })
  await publish(1)
  await publish(1, 'seat')
  await until('it begins again', () => restarts.length === 2)
  t.is(restarts[1]?.sequence, 3)
})

test('a follower resumes after the server was killed, and logs that once', async (t) => {
  const nats = await startSingleNats()
  t.teardown(() => nats.stop())
  const { publish } = await prepare(t, nats.urls)
  const { facts, restarts, messages, follower } = await follow(t, nats.urls)
  await publish(1)
  await until('one arrives', () => facts.length === 1)
  await nats.kill()
  await until('it has no position', () => follower.position === null)
  await nats.restart({ withData: true })
  await until('it begins again', () => restarts.length === 2)
  t.is(restarts[1]?.stream, restarts[0]?.stream)
  await until('the next is published', () => publish(1).then(Boolean, () => false))
  // What was not acknowledged may be stored all the same.
  await until('it arrives', () => facts.length >= 2)
  t.deepEqual(messages, ['following facts was interrupted', 'following facts resumed'])
})

test('a follower notices a silent server within seconds, and resumes', async (t) => {
  const nats = await startSingleNats()
  t.teardown(() => nats.stop())
  await prepare(t, nats.urls)
  const { restarts, follower } = await follow(t, nats.urls)
  nats.freeze()
  // Without heartbeats the client would find out after 10 s.
  await until('it has no position', () => follower.position === null, { timeoutMs: 9_000 })
  nats.thaw()
  await until('it begins again', () => restarts.length === 2)
  t.deepEqual(follower.position, restarts[1])
})

test('a stream that was made anew is another stream', async (t) => {
  const { urls, operator, publish } = await startStream(t)
  await publish(5)
  const { facts, restarts, follower } = await follow(t, urls)
  await ask(operator, api('STREAM.DELETE'))
  await until('it has no position', () => follower.position === null)
  await ensureFactStream(operator)
  await until('it begins again', () => restarts.length === 2)
  t.is(restarts[1]?.sequence, 0)
  t.not(restarts[1]?.stream, restarts[0]?.stream)
  await publish(1)
  await until('the next arrives', () => facts.length === 1)
  t.is(facts[0]?.sequence, 1)
})

test('a follower waits for a stream that nobody has made yet', async (t) => {
  const nats = await startTestNats()
  t.teardown(() => nats.stop())
  const { follower, restarts, messages } = await begin(t, nats.urls)
  await until('it has looked', () => messages.length > 0)
  t.is(follower.position, null)
  await ensureFactStream(await busOf(t, nats.urls.booking))
  await until('it begins', () => restarts.length === 1)
  t.deepEqual(follower.position, restarts[0])
  t.deepEqual(messages, ['no stream of facts to follow yet', 'following facts resumed'])
})

test('a fact that only a newer version knows is skipped', async (t) => {
  const { urls, operator, publish } = await startStream(t)
  const { facts, restarts, follower } = await follow(t, urls)
  // Only their owners may publish facts: the stream takes this one in from elsewhere.
  const { config } = await ask(operator, api('STREAM.INFO'))
  const subjects = [...config.subjects, 'ticketing.v1.test.newer']
  await ask(operator, api('STREAM.UPDATE'), { ...config, subjects })
  await operator.request('ticketing.v1.test.newer', { payload: empty, headers: {} }, 15_000)
  await publish(1)
  await until('the one after it arrives', () => facts.length > 0)
  t.is(facts.map(({ sequence }) => sequence).join(' '), '2')
  t.is(follower.position?.sequence, 2)
  t.is(restarts.length, 1)
})

async function startStream(t: ExecutionContext) {
  const nats = await startTestNats()
  t.teardown(() => nats.stop())
  return { urls: nats.urls, ...(await prepare(t, nats.urls)) }
}

/** Makes the stream. `publish` publishes so many facts, one after the other, and answers the ids of their events. */
async function prepare(t: ExecutionContext, urls: NatsUrls) {
  const booking = await busOf(t, urls.booking)
  await ensureFactStream(booking)
  const publish = async (count: number, entity = 'hold'): Promise<string[]> => {
    const events = Array.from({ length: count }, newId)
    for (const eventId of events) {
      const subject = `ticketing.fact.${entity}.${eventId}.released`
      await publishFact(booking, { id: newId(), subject, payload: '{}', headers: {} })
    }
    return events
  }
  return { operator: await busOf(t, urls.operator), publish }
}

/** A follower with the rights of a gateway. */
async function begin(t: ExecutionContext, urls: NatsUrls) {
  const { log, messages } = createRecordedLog()
  const facts: FollowedFact[] = []
  const restarts: FactPosition[] = []
  const follower: FactFollower = followFacts(await busOf(t, urls.gateway), {
    log,
    onFact: (fact) => facts.push(fact),
    onRestart: (position) => restarts.push(position),
  })
  t.teardown(() => follower.stop())
  return { facts, restarts, messages, follower }
}

/** The same, once it follows. */
async function follow(t: ExecutionContext, urls: NatsUrls) {
  const begun = await begin(t, urls)
  await until('it follows', () => begun.restarts.length === 1)
  return begun
}

async function ask(bus: Bus, subject: string, request?: object) {
  const payload = request === undefined ? empty : new TextEncoder().encode(JSON.stringify(request))
  const reply = await bus.request(subject, { payload, headers: {} }, 15_000)
  const answer = JSON.parse(Buffer.from(reply.payload).toString('utf8'))
  if (answer.error) throw new Error(`${subject}: ${answer.error.description}`)
  return answer
}
