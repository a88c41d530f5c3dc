import test from 'ava'
import { Redis } from 'ioredis'
import { quietClient } from '../support/open-redis.ts'
import { until } from '../support/until.ts'
import { startWith } from './deployment/redis-configs.ts'

test('Redis stores its data on disk and evicts nothing', async (t) => {
  const redis = await startWith('redis.conf')
  t.teardown(() => redis.stop())
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes'])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'appendfsync'), ['appendfsync', 'everysec'])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'save'), ['save', ''])
  t.deepEqual(await redis.ask('CONFIG', 'GET', 'maxmemory'), ['maxmemory', String(512 * 1024 * 1024)])
})

test('a node of a Redis Cluster is durable like a single Redis, and is replaced after two seconds', async (t) => {
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

test('Sentinel and Redis with a password take clients whose REDIS_URL has it, and no others', async (t) => {
  const password = 'se:cret'
  const redis = await startWith('redis.conf', { password })
  t.teardown(() => redis.stop())
  const there = `ticketing 127.0.0.1 ${redis.port}`
  const edit = { file: 'sentinel.conf', from: 'ticketing localhost 6379', to: there }
  const sentinel = await startWith('sentinel.conf', { password, edit })
  t.teardown(() => sentinel.stop())
  await quietClient(t, `redis+sentinel://:${password}@127.0.0.1:${sentinel.port}/ticketing`)

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
