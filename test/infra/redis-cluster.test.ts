import { rm } from 'node:fs/promises'
import test from 'ava'
import { createRedis } from '#shared/redis.ts'
import { type RedisCluster, startRedisCluster } from '../../infra/system/clusters/redis-cluster.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { Waits } from '../support/waits.ts'

let directory: string
let cluster: RedisCluster

test.before(async () => {
  directory = await createTestDirectory('redis-cluster')
  cluster = await startRedisCluster({ dataDirectory: directory })
})

test.after.always(async () => {
  await cluster?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Keys of many slots, so that every master has some. */
const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`)

/** A command that takes more than 100 ms, as on a loaded machine, fails. */
async function allSucceed(command: (key: string) => Promise<unknown>): Promise<boolean> {
  const outcomes = await Promise.allSettled(keys.map(command))
  return outcomes.every(({ status }) => status === 'fulfilled')
}

test.serial('three of six nodes serve keys, and one client reaches all of them', async (t) => {
  t.is(cluster.nodes.length, 6)
  t.is((await cluster.masters()).length, 3)
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url: cluster.url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('the cluster can be used', () => redis.status === 'ready')
  await until('all can be set', () => allSucceed((key) => redis.set(key, `value of ${key}`)))
  await until('all can be read', () =>
    allSucceed(async (key) => t.is((await redis.getBuffer(key))?.toString(), `value of ${key}`)),
  )
  t.deepEqual(messages, [])
})

test.serial('a script may touch the keys that share a hash tag, and no others', async (t) => {
  const redis = createRedis({ url: cluster.url, name: 'test', log: createRecordedLog().log })
  t.teardown(() => redis.disconnect())
  await until('the cluster can be used', () => redis.status === 'ready')
  const script = 'return #redis.call("MGET", unpack(KEYS))'
  t.is(await redis.eval(script, 3, 'lock:{event}:1', 'lock:{event}:2', 'lock:{event}:3'), 3)
  await t.throwsAsync(() => redis.eval(script, 3, 'lock:1', 'lock:2', 'lock:3'), { message: /slot/ })
})

test.serial('a master dies: nobody waits, others serve on, and its replica soon serves its keys', async (t) => {
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url: cluster.url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('the cluster can be used', () => redis.status === 'ready')
  await until('all can be set', () => allSucceed((key) => redis.set(key, 'before')))

  const [victim] = await cluster.masters()
  if (victim === undefined) return t.fail('there is no master')
  await victim.kill()
  const round = async (): Promise<{ served: number; longestMs: number }> => {
    let served = 0
    const waits = new Waits()
    for (const key of keys)
      await waits.add(redis.get(key)).then(
        () => (served += 1),
        () => undefined,
      )
    return { served, longestMs: waits.longestMs() }
  }
  const first = await round()
  t.true(first.served > 0 && first.served < keys.length, `${first.served} of ${keys.length} were served`)
  t.true(first.longestMs < 250, `a command took ${first.longestMs} ms`)
  await until('all keys are served', async () => (await round()).served === keys.length)
  await until('the log says so', () => messages.length === 2)
  t.deepEqual(messages, ['redis became unavailable', 'redis became available again'])

  await victim.restart()
  await until('three serve and it is not one of them', async () => {
    const masters = await cluster.masters()
    return masters.length === 3 && !masters.includes(victim)
  })
  t.is((await round()).served, keys.length)
})

test.serial('all nodes die and come back: commands fail at once, and then work again', async (t) => {
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url: cluster.url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('the cluster can be used', () => redis.status === 'ready')
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  const waits = new Waits()
  for (let index = 0; index < 20; index += 1) await t.throwsAsync(() => waits.add(redis.get(`key-${index}`)))
  t.true(waits.longestMs() < 250, `a command took ${waits.longestMs()} ms`)
  await until('the log says so', () => messages[0] === 'redis became unavailable')
  await Promise.all(cluster.nodes.map((node) => node.restart()))
  await until('commands work again', () =>
    redis.get('key-1').then(
      () => true,
      () => false,
    ),
  )
  await until('the log says so', () => messages.at(-1) === 'redis became available again')
})
