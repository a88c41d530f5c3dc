import test from 'ava'
import { Redis } from 'ioredis'
import { createRedis } from '#shared/redis.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { until } from '../support/until.ts'
import { type RedisConfig, type Replacement, startWith } from './deployment/redis-configs.ts'

test('Redis keeps what it knows and evicts nothing', async (t) => {
  const redis = await startWith('redis.conf')
  t.teardown(() => redis.stop())
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes'])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'appendfsync'), ['appendfsync', 'everysec'])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'save'), ['save', ''])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'maxmemory'), ['maxmemory', String(512 * 1024 * 1024)])
})

test('a node of a Redis Cluster keeps what one Redis keeps, and is replaced after two seconds', async (t) => {
  const node = await startWith('cluster.conf')
  t.teardown(() => node.stop())
  t.regex(String(await node.ask('INFO', 'cluster')), /cluster_enabled:1/)
  t.deepEqual(await node.ask('CONFIG', 'GET', 'cluster-node-timeout'), ['cluster-node-timeout', '2000'])
  t.deepEqual(await node.ask('CONFIG', 'GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
  t.deepEqual(await node.ask('CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes'])
})

test('Sentinel watches the Redis of that name, two of three deciding', async (t) => {
  const sentinel = await startWith('sentinel.conf')
  t.teardown(() => sentinel.stop())
  const watched = (await sentinel.ask('SENTINEL', 'MASTER', 'ticketing')) as string[]
  const facts = Object.fromEntries(watched.flatMap((name, index) => (index % 2 ? [] : [[name, watched[index + 1]]])))
  t.like(facts, { name: 'ticketing', port: '6379', quorum: '2', 'down-after-milliseconds': '2000' })
})

test('Sentinel and Redis that were given a password let in a client whose REDIS_URL has it, and nobody else', async (t) => {
  const password = 'se:cret'
  const redis = await startWith('redis.conf', { password })
  t.teardown(() => redis.stop())
  const watching = { from: 'ticketing localhost 6379', to: `ticketing 127.0.0.1 ${redis.port}` }
  const sentinel = await startWith('sentinel.conf', { password, replacement: watching })
  t.teardown(() => sentinel.stop())
  const place = `127.0.0.1:${sentinel.port}/ticketing`
  const { log, messages } = createRecordedLog()
  const client = createRedis({ url: `redis+sentinel://:${password}@${place}`, name: 'test', log })
  t.teardown(() => client.disconnect())
  await until('it is connected', () => client.status === 'ready')
  t.deepEqual(messages, [])

  const stranger = new Redis({ port: sentinel.port, lazyConnect: true, retryStrategy: () => null })
  stranger.on('error', () => undefined)
  t.teardown(() => stranger.disconnect())
  await t.throwsAsync(async () => stranger.call('SENTINEL', 'MASTERS'), { message: /NOAUTH/ })
  // Only by the third password can it have learnt who Redis is.
  await until('the Sentinel knows Redis', async () => {
    const watched = (await sentinel.ask('SENTINEL', 'MASTER', 'ticketing')) as string[]
    return watched[watched.indexOf('flags') + 1] === 'master' && watched[watched.indexOf('runid') + 1] !== ''
  })
})

const mistakes: readonly (Replacement & { readonly config: RedisConfig })[] = [
  { config: 'redis.conf', from: 'maxmemory-policy noeviction', to: 'maxmemory-policy no-eviction' },
  { config: 'redis.conf', from: 'appendfsync everysec', to: 'appendsync everysec' },
  { config: 'cluster.conf', from: 'cluster-node-timeout', to: 'cluster-timeout' },
  { config: 'sentinel.conf', from: 'down-after-milliseconds ticketing', to: 'down-after-milliseconds tickets' },
]

for (const { config, ...replacement } of mistakes) {
  test(`redis-server does not start with "${replacement.to}" in ${config}`, async (t) => {
    await t.throwsAsync(startWith(config, { replacement }), { message: /exit code 1 before it was ready/ })
  })
}
