import test from 'ava'
import { startRedisCluster } from '../../infra/system/clusters/redis-cluster.ts'
import { forFile } from '../support/for-file.ts'
import { quietClient, readyClient } from '../support/open-redis.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { Waits } from '../support/waits.ts'

const cluster = forFile(async () => startRedisCluster({ dataDirectory: await createTestDirectory('redis-cluster') }))

/** Others take over within seconds; a busy machine takes longer. */
const patience = { timeoutMs: 40_000 }

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
  const { redis } = await quietClient(t, cluster.url)
  await until('all can be set', () => allSucceed((key) => redis.set(key, `value of ${key}`)))
  await until('all can be read', () =>
    allSucceed(async (key) => t.is((await redis.getBuffer(key))?.toString(), `value of ${key}`)),
  )
})

test.serial('a script may touch the keys that share a hash tag, and no others', async (t) => {
  const { redis } = await readyClient(t, cluster.url)
  const script = 'return #redis.call("MGET", unpack(KEYS))'
  const ofOneEvent = ['lock:{event}:1', 'lock:{event}:2', 'lock:{event}:3']
  const found = () => redis.eval(script, 3, ...ofOneEvent).catch(() => undefined)
  await until('it finds the three', async () => (await found()) === 3)
  await t.throwsAsync(() => redis.eval(script, 3, 'lock:1', 'lock:2', 'lock:3'), { message: /slot/ })
})

test.serial('a master dies: nobody waits, others serve on, and its replica soon serves its keys', async (t) => {
  const { redis, messages } = await readyClient(t, cluster.url)
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
  const areServed = async (): Promise<boolean> => (await round()).served === keys.length
  await until('all keys are served', areServed, patience)
  await until('the log says so', () => messages.at(-1) === 'redis became available again', patience)
  t.is(messages[0], 'redis became unavailable')

  await victim.restart()
  const othersServe = async (): Promise<boolean> => {
    const masters = await cluster.masters()
    return masters.length === 3 && !masters.includes(victim)
  }
  await until('three serve and it is not one of them', othersServe, patience)
  await until('all keys are served', areServed, patience)
})

test.serial('all nodes die and come back: commands fail at once, and then work again', async (t) => {
  const { redis, messages } = await readyClient(t, cluster.url)
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  const waits = new Waits()
  for (let index = 0; index < 20; index += 1) await t.throwsAsync(() => waits.add(redis.get(`key-${index}`)))
  t.true(waits.longestMs() < 250, `a command took ${waits.longestMs()} ms`)
  await until('the log says so', () => messages[0] === 'redis became unavailable')
  await Promise.all(cluster.nodes.map((node) => node.restart()))
  const works = () =>
    redis.get('key-1').then(
      () => true,
      () => false,
    )
  await until('commands work again', works, patience)
  await until('the log says so', () => messages.at(-1) === 'redis became available again', patience)
})
