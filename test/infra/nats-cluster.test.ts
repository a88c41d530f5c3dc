import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { consumeFacts } from '#shared/facts/consume.ts'
import { type FactFollower, followFacts } from '#shared/facts/follow.ts'
import { publishFact } from '#shared/facts/stream.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { createLogger } from '#shared/observability/log.ts'
import { startNatsCluster } from '../../infra/system/clusters/nats-cluster.ts'
import type { Server } from '../../infra/system/server.ts'
import { type NatsUrls, newNatsPasswords } from '../../infra/system/servers/nats-users.ts'
import { forFile } from '../support/for-file.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const durable = 'booking-seat-locks'
const subject = 'ticketing.v1.event.view-event'
/** Enough for some of them to be connected to any node, and some followers to have their consumer there. */
const connectionsEach = 6
const backToNormalMs = 5_000
/** Followers of a leader that is gone stand for election after 4 to 9 s, as is compiled into nats-server. */
const electionMs = 15_000

const log = createLogger({ name: 'cluster', instance: 'test', level: 'fatal' })
const payload = new TextEncoder().encode('{}')

const cluster = forFile(async () =>
  startNatsCluster({
    dataDirectory: await createTestDirectory('nats-cluster'),
    passwords: newNatsPasswords(),
  }),
)
const operator = forFile(() => connect('operator'))

test.before(async () => {
  // As if a single server had made it.
  const stream = { name: 'TICKETING_FACTS', subjects: ['ticketing.fact.>'], num_replicas: 1 }
  const make = () => ask('$JS.API.STREAM.CREATE.TICKETING_FACTS', stream).catch((error: unknown) => ({ error }))
  await until('the stream is made', async () => (await make()).error === undefined, { timeoutMs: 40_000 })
})

test.serial('in a cluster the stream of facts gets three copies, and so do its consumers', async (t) => {
  t.is((await ask('$JS.API.STREAM.INFO.TICKETING_FACTS')).config.num_replicas, 1)
  t.teardown(
    await consumeFacts(
      await connected(t, 'booking'),
      consumer(async () => undefined),
    ),
  )
  t.is((await ask('$JS.API.STREAM.INFO.TICKETING_FACTS')).config.num_replicas, 3)
  const { cluster } = await ask(`$JS.API.CONSUMER.INFO.TICKETING_FACTS.${durable}`)
  t.is(cluster.replicas.length, 2, 'beside the leader')
})

test.serial(
  'facts and requests go on within 5 s when a node is killed that leads neither the stream nor its consumer',
  async (t) => {
    const { facts, requests } = await killUnderLoad(t, ({ name }, leaders) => !Object.values(leaders).includes(name))
    t.log(`longest pause: facts ${facts} ms, requests ${requests} ms`)
    t.true(facts < backToNormalMs)
    t.true(requests < backToNormalMs)
  },
)

test.serial("requests go on within 5 s when the stream's leader is killed, facts after an election", async (t) => {
  const { facts, requests } = await killUnderLoad(t, ({ name }, leaders) => name === leaders.stream)
  t.log(`longest pause: facts ${facts} ms, requests ${requests} ms`)
  t.true(requests < backToNormalMs)
  t.true(facts < electionMs)
})

interface Leaders {
  readonly stream: string
  readonly consumer: string
}

/**
 * Kills a node while facts and requests flow, and starts it again once both flow again. Answers the longest pause of each, in ms.
 * Every fact that the stream has acknowledged must arrive, and followers must end up with all facts since they last began.
 */
async function killUnderLoad(
  t: ExecutionContext,
  isVictim: (node: Server, leaders: Leaders) => boolean,
): Promise<{ facts: number; requests: number }> {
  const [facts, requests] = [await startFacts(t), await startRequests(t)]
  const followers = await startFollowers(t)
  await until('both flow', () => flow([facts.times, ...requests.times], 0), { timeoutMs: 30_000 })
  // Not sooner: the lead may have changed.
  const leaders = await leadersOfFacts()
  const node = cluster.nodes.find((each) => isVictim(each, leaders))
  if (!node) throw new Error('there is no such node')
  await node.kill()
  const since = performance.now() + 1_000
  await until('both flow again', () => flow([facts.times, ...requests.times], since), { timeoutMs: 30_000 })
  await node.restart()
  const [acknowledged] = await Promise.all([facts.stop(), requests.stop()])
  const patience = { timeoutMs: 30_000 }
  await until('every fact has arrived', () => acknowledged.every((id) => facts.received.has(id)), patience)
  t.true(acknowledged.length > 40)
  const { last_seq } = (await ask('$JS.API.STREAM.INFO.TICKETING_FACTS')).state
  for (const { follower, heard } of followers) {
    await until('all is followed', () => follower.position?.sequence === last_seq, patience)
    t.deepEqual(
      heard,
      heard.map((_, index) => last_seq - heard.length + 1 + index),
    )
  }
  return { facts: longestPause(facts.times), requests: Math.max(...requests.times.map(longestPause)) }
}

function flow(streams: readonly number[][], since: number): boolean {
  return streams.every((times) => times.filter((at) => at > since).length > 20)
}

/** Facts, published one after the other, each until it is acknowledged, as an outbox relay would. */
async function startFacts(t: ExecutionContext) {
  const bus = await connected(t, 'booking')
  const received = new Set<string>()
  const times: number[] = []
  const handle = async ({ id }: { id: string }): Promise<void> => {
    received.add(id)
    times.push(performance.now())
  }
  t.teardown(await consumeFacts(bus, consumer(handle)))
  const acknowledged: string[] = []
  const stop = repeat(10, async () => {
    const id = newId()
    const fact = { id, subject: `ticketing.fact.hold.${newId()}.released`, payload: '{}', headers: {} }
    await until(
      'it is acknowledged',
      () =>
        publishFact(bus, fact).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 30_000 },
    )
    acknowledged.push(id)
  })
  return { received, times, stop: () => stop().then(() => acknowledged) }
}

/** `heard` holds where the follower last began, and the number of every fact it was told since. */
async function startFollowers(t: ExecutionContext): Promise<{ follower: FactFollower; heard: number[] }[]> {
  const buses = await Promise.all(Array.from({ length: connectionsEach }, () => connected(t, 'gateway')))
  const followers = buses.map((bus) => {
    const heard: number[] = []
    const follower = followFacts(bus, {
      log,
      onFact: ({ sequence }) => heard.push(sequence),
      onRestart: ({ sequence }) => heard.splice(0, heard.length, sequence),
    })
    t.teardown(() => follower.stop())
    return { follower, heard }
  })
  await until('all follow', () => followers.every(({ follower }) => follower.position !== null), { timeoutMs: 30_000 })
  return followers
}

/** Clients that ask one after the other; `times` says when each was answered. */
async function startRequests(t: ExecutionContext) {
  for (let instance = 1; instance <= connectionsEach; instance += 1) {
    const worker = await connected(t, 'event')
    await worker.serve({
      name: 'event',
      instance: `event-${instance}`,
      endpoints: [{ name: 'view-event', subject, handle: async (request) => request }],
      onFailure: () => ({ payload, headers: {} }),
    })
  }
  const clients = await Promise.all(Array.from({ length: connectionsEach }, () => connected(t, 'gateway')))
  const times: number[][] = clients.map(() => [])
  const stops = clients.map((client, index) =>
    repeat(20, async () => {
      const answered = await client.request(subject, { payload, headers: {} }, 500).catch(() => null)
      if (answered) times[index]?.push(performance.now())
    }),
  )
  return { times, stop: () => Promise.all(stops.map((stop) => stop())) }
}

/** Does it again and again, until the answer is called, which waits for the last time. */
function repeat(everyMs: number, work: () => Promise<void>): () => Promise<void> {
  let stopped = false
  const ended = (async () => {
    while (!stopped) {
      await work()
      await pause(everyMs)
    }
  })()
  return () => {
    stopped = true
    return ended
  }
}

function longestPause(times: readonly number[]): number {
  return Math.round(Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at))))
}

function consumer(handle: (fact: { id: string }) => Promise<void>) {
  return { durable, subjects: ['ticketing.fact.hold.*.released'], handle, log }
}

async function leadersOfFacts(): Promise<Leaders> {
  const stream = await ask('$JS.API.STREAM.INFO.TICKETING_FACTS')
  const consumer = await ask(`$JS.API.CONSUMER.INFO.TICKETING_FACTS.${durable}`)
  return { stream: stream.cluster.leader, consumer: consumer.cluster.leader }
}

async function connected(t: ExecutionContext, user: keyof NatsUrls): Promise<Bus> {
  const bus = await connect(user)
  t.teardown(() => bus.close())
  return bus
}

function connect(user: keyof NatsUrls): Promise<Bus> {
  return Bus.connect({ url: cluster.urls[user], name: user, timeoutMs: 5_000 })
}

async function ask(subject: string, request?: object) {
  const payload = new TextEncoder().encode(request === undefined ? '' : JSON.stringify(request))
  const reply = await operator.request(subject, { payload, headers: {} }, 10_000)
  return JSON.parse(Buffer.from(reply.payload).toString('utf8'))
}
