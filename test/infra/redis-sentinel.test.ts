import test from 'ava'
import { startRedisSentinel } from '../../infra/system/clusters/redis-sentinel.ts'
import { forFile } from '../support/for-file.ts'
import { quietClient, readyClient } from '../support/open-redis.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { Waits } from '../support/waits.ts'

const set = forFile(async () => startRedisSentinel({ dataDirectory: await createTestDirectory('redis-sentinel') }))

test.serial('a client finds the master by the Sentinels', async (t) => {
  const { redis } = await quietClient(t, set.url)
  await eventually('it is set', () => redis.set('key', 'value'))
  await until('it is there', async () => (await redis.get('key').catch(() => null)) === 'value')
  t.is((await set.master()).name, 'redis-1')
})

test.serial('the master dies: commands fail at once until a replica has its place, with all it knew', async (t) => {
  const { redis, messages } = await readyClient(t, set.url)
  await eventually('it is set', () => redis.set('key', 'from before'))
  await eventually('both replicas have it', async () => (await redis.wait(2, 1)) === 2)

  const victim = await set.master()
  await victim.kill()
  await until('the connection is lost', () => redis.status !== 'ready')
  const waits = new Waits()
  const answers = async (): Promise<boolean> => {
    const answer = await waits.add(redis.get('key')).catch(() => undefined)
    return answer === 'from before'
  }
  await until('a new master answers', answers, { timeoutMs: 40_000 })
  t.true(waits.longestMs() < 250, `a command took ${waits.longestMs()} ms`)
  t.not(await set.master(), victim)
  t.is(messages[0], 'redis became unavailable')
  await until('the log says that it is back', () => messages.at(-1) === 'redis became available again')

  await victim.restart()
  await eventually('it is set', () => redis.set('key', 'from after'))
  await eventually('the old master follows the new one', async () => (await redis.wait(2, 1)) === 2)
})

test.serial('a Sentinel that dies, even the first one named, is not missed', async (t) => {
  await set.sentinels[0]?.kill()
  await quietClient(t, set.url)
  t.pass()
})

/** A command that takes more than 100 ms, as on a loaded machine, fails: it is tried again. */
async function eventually(what: string, command: () => Promise<unknown>): Promise<void> {
  await until(what, () => command().then(Boolean, () => false), { timeoutMs: 20_000 })
}
