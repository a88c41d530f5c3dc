import { rm } from 'node:fs/promises'
import test from 'ava'
import { createRedis } from '#shared/redis.ts'
import { type RedisSentinel, startRedisSentinel } from '../../infra/system/clusters/redis-sentinel.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { Waits } from '../support/waits.ts'

let directory: string
let set: RedisSentinel

test.before(async () => {
  directory = await createTestDirectory('redis-sentinel')
  set = await startRedisSentinel({ dataDirectory: directory })
})

test.after.always(async () => {
  await set?.stop()
  await rm(directory, { recursive: true, force: true })
})

test.serial('a client finds the master by the Sentinels', async (t) => {
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url: set.url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('it is connected', () => redis.status === 'ready')
  await eventually('it is set', () => redis.set('key', 'value'))
  await until('it is there', async () => (await redis.get('key').catch(() => null)) === 'value')
  t.is((await set.master()).name, 'redis-1')
  t.deepEqual(messages, [])
})

test.serial('the master dies: commands fail at once until a replica has its place, with all it knew', async (t) => {
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url: set.url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('it is connected', () => redis.status === 'ready')
  await eventually('it is set', () => redis.set('key', 'from before'))
  await eventually('both replicas have it', async () => (await redis.wait(2, 1)) === 2)

  const victim = await set.master()
  await victim.kill()
  await until('the connection is lost', () => redis.status !== 'ready')
  const waits = new Waits()
  await until('a new master answers', async () => {
    const answer = await waits.add(redis.get('key')).catch(() => undefined)
    return answer === 'from before'
  })
  t.true(waits.longestMs() < 250, `a command took ${waits.longestMs()} ms`)
  t.not(await set.master(), victim)
  t.deepEqual(messages, ['redis became unavailable', 'redis became available again'])

  await victim.restart()
  await eventually('it is set', () => redis.set('key', 'from after'))
  await eventually('the old master follows the new one', async () => (await redis.wait(2, 1)) === 2)
})

test.serial('a Sentinel that dies, even the first one named, is not missed', async (t) => {
  await set.sentinels[0]?.kill()
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url: set.url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('it is connected', () => redis.status === 'ready')
  t.deepEqual(messages, [])
})

/** A command that takes more than 100 ms, as on a loaded machine, fails: it is tried again. */
async function eventually(what: string, command: () => Promise<unknown>): Promise<void> {
  await until(what, () => command().then(Boolean, () => false), { timeoutMs: 20_000 })
}
