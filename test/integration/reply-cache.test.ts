import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { TicketingError } from '#shared/errors.ts'
import { createRedis } from '#shared/redis.ts'
import { Invalidations } from '../../gateway/reads/invalidations.ts'
import { RedisStore } from '../../gateway/reads/redis-store.ts'
import { type CacheableRead, type Fetch, ReplyCache } from '../../gateway/reads/reply-cache.ts'
import { eventTag, placesTag } from '../../gateway/routes/cache-policy.ts'
import { forFile } from '../support/for-file.ts'
import { openRedis } from '../support/open-redis.ts'
import { startTestRedis } from '../support/servers.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'

/* The reply caches of several gateways over one real Redis; the worker is a function, so that it can be slow at the worst moment. */

const stream = 'stream'
let keys = 0

const redis = forFile(() => startTestRedis())

type Gateway = Awaited<ReturnType<typeof oneGateway>>

/** A gateway's cache that hears only the news that a test gives it. */
async function oneGateway(t: ExecutionContext) {
  // With patience: on a busy machine Redis may take longer than a gateway waits for it, which then finds nothing.
  const client = openRedis(redis.url)
  t.teardown(() => client.disconnect())
  await until('Redis is there', () => client.status === 'ready')
  const invalidations = new Invalidations()
  invalidations.restart({ stream, sequence: 0 })
  let sequence = 0
  return {
    cache: new ReplyCache({
      store: new RedisStore({ redis: client, onError: () => undefined }),
      invalidations,
      position: () => ({ stream, sequence }),
    }),
    /** The value of the last change that it was told of. */
    heard: 0,
    /** Takes in the fact of a change of the event. */
    hear(position: number): void {
      sequence = Math.max(sequence, position)
      invalidations.add({ entity: 'event', eventId: 'e', what: 'changed', sequence })
    },
    /** Whether Redis has the reply. */
    isStored: async ({ key }: CacheableRead) => (await client.exists(key)) === 1,
  }
}
const twoGateways = (t: ExecutionContext): Promise<[Gateway, Gateway]> => Promise.all([oneGateway(t), oneGateway(t)])

function readOf(times: { freshForMs?: number; staleWhileRevalidateMs?: number } = {}): CacheableRead {
  const tags = { purge: [eventTag('e')], softPurge: [placesTag('e')] }
  keys += 1
  return {
    key: `reply:test:${keys}`,
    tags,
    policy: { freshForMs: 60_000, staleWhileRevalidateMs: 0, cacheControl: () => 'public', tags: () => tags, ...times },
  }
}

const bodyOf = (value: number) => ({ body: Buffer.from(String(value)), seq: String(value) })
const saying =
  (value: number): Fetch =>
  async () =>
    bodyOf(value)

const answered = async ({ cache }: Pick<Gateway, 'cache'>, read: CacheableRead, ask: Fetch): Promise<number> =>
  Number((await cache.get(read, ask)).reply.body.toString())

/** Answers after a while, so that all can come meanwhile. */
function slowWorker(): { ask: Fetch; questions(): number } {
  let questions = 0
  return {
    async ask() {
      questions += 1
      await pause(20)
      return bodyOf(1)
    },
    questions: () => questions,
  }
}

test('200 who ask at once for what nobody has cost one question', async (t) => {
  const gateway = await oneGateway(t)
  const read = readOf()
  const { ask, questions } = slowWorker()
  const answers = await Promise.all(Array.from({ length: 200 }, () => gateway.cache.get(read, ask)))
  t.is(questions(), 1)
  t.deepEqual(answers.map(({ status }) => status).sort(), [...Array(199).fill('collapsed'), 'miss'])
})

test('1,000 who ask at once at two gateways cost two questions at most', async (t) => {
  const both = await twoGateways(t)
  const read = readOf()
  const { ask, questions } = slowWorker()
  await Promise.all(Array.from({ length: 1_000 }, (_, at) => both[at % 2]?.cache.get(read, ask)))
  t.true(questions() <= 2, `${questions()} questions`)
})

test('one gateway adds no more to Redis than there is room for, however much is asked of it', async (t) => {
  const gateway = await oneGateway(t)
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  const reads = Array.from({ length: 100 }, () => readOf())
  for (const read of reads) await gateway.cache.get(read, async () => ({ body: megabyte }))
  let stored = 0
  await until('the reply is stored', async () => {
    const before = stored
    stored = (await Promise.all(reads.map(gateway.isStored))).filter(Boolean).length
    return stored > 0 && stored === before
  })
  t.true(stored < 64, `${stored} MB`)
})

test('what one gateway has asked for, the other one finds in Redis, byte by byte', async (t) => {
  const [one, other] = await twoGateways(t)
  const read = readOf()
  const link = '<?limit=1&cursor=a>; rel="next"'
  await one.cache.get(read, async () => ({ body: Buffer.from('ŁÓDŹ \0 body'), seq: '7', link }))
  await until('the reply is in Redis', () => one.isStored(read))
  const found = await other.cache.get(read, async () => {
    throw new Error('no worker is to be asked')
  })
  t.is(found.status, 'hit')
  t.is(found.reply.body.toString(), 'ŁÓDŹ \0 body')
  t.is(found.reply.seq, 7n)
  t.true(found.reply.plain.headers.includes(link))
})

test('a refusal goes to everybody who waits for it, and is not kept', async (t) => {
  const gateway = await oneGateway(t)
  const read = readOf()
  const refuse: Fetch = async () => {
    throw new TicketingError('event_not_found', 'There is no such event.')
  }
  const outcomes = await Promise.allSettled([gateway.cache.get(read, refuse), gateway.cache.get(read, refuse)])
  t.is(outcomes.map((outcome) => outcome.status).join(' '), 'rejected rejected')
  t.is(await answered(gateway, read, saying(1)), 1)
})

test('a stale reply is given at once, while one question brings a newer one', async (t) => {
  const gateway = await oneGateway(t)
  const read = readOf({ freshForMs: 0, staleWhileRevalidateMs: 60_000 })
  let value = 0
  const ask: Fetch = async () => {
    value += 1
    return bodyOf(value)
  }
  t.is(await answered(gateway, read, ask), 1)
  t.is(await answered(gateway, read, ask), 1)
  await until('the newer one is there', async () => (await answered(gateway, read, ask)) > 1)
})

test('while no worker answers the last reply stands in for a minute, unless its event was changed', async (t) => {
  const gateway = await oneGateway(t)
  const read = readOf({ freshForMs: 0 })
  await gateway.cache.get(read, saying(1))
  let questions = 0
  const silent: Fetch = async () => {
    questions += 1
    throw new TicketingError('no_worker', 'Nobody is there.')
  }
  t.like(await gateway.cache.get(read, silent), { status: 'stale-if-error' })
  t.like(await gateway.cache.get(read, silent), { status: 'stale-if-error' })
  t.is(questions, 1, 'not everybody waits for a silent worker')
  gateway.hear(1)
  const other = readOf({ freshForMs: 0 })
  await gateway.cache.get(other, saying(1))
  gateway.hear(2)
  await t.throwsAsync(gateway.cache.get(other, silent), { message: 'Nobody is there.' })
})

test('a read from a write on includes it, although an older question is under way', async (t) => {
  const gateway = await oneGateway(t)
  const read = readOf()
  const { promise, resolve } = Promise.withResolvers<{ body: Buffer; seq: string }>()
  const before = gateway.cache.get(read, () => promise)
  const since = gateway.cache.getSince(5n, read, saying(5))
  resolve(bodyOf(4))
  t.is((await before).reply.body.toString(), '4')
  t.like(await since, { status: 'newer' })
  t.is((await since)?.reply.body.toString(), '5')
  t.like(await gateway.cache.getSince(5n, read, saying(6)), { status: 'hit' })
  t.is(await gateway.cache.getSince(9n, read, saying(8)), null, 'it does not say that it includes it')
})

test('a reader who waits for a write sees where the answer comes from: from Redis, it is a hit', async (t) => {
  const [one, other] = await twoGateways(t)
  const read = readOf()
  await one.cache.get(read, saying(5))
  await until('the reply is in Redis', () => one.isStored(read))
  t.like(await other.cache.getSince(5n, read, saying(6)), { status: 'hit' })
})

test('who comes while a question is under way does not get its answer when that was asked too early for them', async (t) => {
  const gateway = await oneGateway(t)
  const reasons = { news: async () => gateway.hear(1), age: () => pause(60) }
  for (const [reason, comeBetween] of Object.entries(reasons)) {
    const read = readOf({ freshForMs: 50 })
    const { promise, resolve } = Promise.withResolvers<{ body: Buffer; seq: string }>()
    const { promise: isAsked, resolve: noteAsked } = Promise.withResolvers<void>()
    const early = answered(gateway, read, () => {
      noteAsked()
      return promise
    })
    await isAsked
    await comeBetween()
    const late = answered(gateway, read, saying(2))
    resolve(bodyOf(1))
    t.is(await early, 1, reason)
    t.is(await late, 2, reason)
  }
})

test('Redis away makes misses and no errors', async (t) => {
  const client = createRedis({ url: 'redis://127.0.0.1:9', name: 'test', log: silentLog })
  t.teardown(() => client.disconnect())
  let errors = 0
  const cache = new ReplyCache({
    store: new RedisStore({ redis: client, onError: () => (errors += 1) }),
    invalidations: new Invalidations(),
    position: () => null,
  })
  const read = readOf()
  t.is(await answered({ cache }, read, saying(1)), 1)
  t.is(await answered({ cache }, read, saying(2)), 1, 'memory goes on')
  t.true(errors > 0)
})

interface Race {
  /** Whether gateways hear of changes. */
  readonly hears: boolean
  /** At most so many: the first one in which an old reply comes back is enough. */
  readonly rounds: number
}

/**
 * Races slow questions against changes, over two gateways and one Redis, until somebody gets a value from before a change although the
 * gateway had heard of that change before it was asked. Counts such values.
 */
async function resurrections(t: ExecutionContext, { hears, rounds }: Race): Promise<number> {
  const both = await twoGateways(t)
  let resurrected = 0
  let truth = 0
  let position = 0
  const ask: Fetch = async () => {
    // Reads at one moment and answers at another, as a worker that was frozen in between.
    await pause(Math.random() * 3)
    const value = truth
    await pause(Math.random() * 3)
    return bodyOf(value)
  }
  const oneRound = async (read: CacheableRead): Promise<void> => {
    const readers = [0, 1, 0, 1].map(async (at) => {
      await pause(Math.random() * 4)
      const gateway = both[at] as Gateway
      const { heard } = gateway
      if ((await answered(gateway, read, ask)) < heard) resurrected += 1
    })
    const writer = (async () => {
      await pause(Math.random() * 4)
      truth += 1
      position += 1
      const now = truth
      const fact = position
      for (const gateway of both) {
        await pause(Math.random() * 2)
        if (hears) gateway.hear(fact)
        gateway.heard = Math.max(gateway.heard, now)
      }
    })()
    await Promise.all([...readers, writer])
    for (const gateway of both) if ((await answered(gateway, read, ask)) < truth) resurrected += 1
  }
  for (let round = 0; round < rounds && resurrected === 0; round += 1) await oneRound(readOf())
  return resurrected
}

test('in 1,000 races of slow questions against changes no old reply comes back', async (t) => {
  t.is(await resurrections(t, { hears: true, rounds: 1_000 }), 0)
})

test('positive control: without news the same races bring old replies back', async (t) => {
  t.true((await resurrections(t, { hears: false, rounds: 1_000 })) > 0)
})
