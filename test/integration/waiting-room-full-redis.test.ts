import test from 'ava'
import { Cluster } from 'ioredis'
import { roomKey } from '#shared/room-keys.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { openRedis } from '../support/open-redis.ts'
import { eventWithRoom, join } from '../support/room-buyers.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { purchase: 0, sandbox: 0 } }))

const joinOnce = (eventId: string, user: string) =>
  ask(`${system.url}/events/${eventId}/queue`, { json: { user_id: user } })

/** The log lines of the gateway with a message. */
const lines = (message: string): string[] =>
  (system.gateways[0]?.output() ?? '').split('\n').filter((line) => line.includes(`"msg":"${message}"`))

test.serial('a full Redis is named in the log of each part of the gateway that needs it', async (t) => {
  const eventId = await eventWithRoom(system.url)
  await join(system.url, eventId, 'ann')
  const redis = openRedis(system.redis.url)
  t.teardown(() => redis.disconnect())
  const servers = redis instanceof Cluster ? redis.nodes('master') : [redis]
  const limitMemory = (max: string) => Promise.all(servers.map((server) => server.config('SET', 'maxmemory', max)))
  await limitMemory('1')
  t.teardown(() => limitMemory('0'))
  const refused = await joinOnce(eventId, 'bob')
  t.is(refused.status, 503, refused.text)
  t.is(refused.body.detail, 'The queue cannot be reached now; try again shortly.')
  const messages = [
    'requests could not be served',
    'the rate limits in Redis failed',
    'the reply cache in Redis failed',
  ]
  let tried = 0
  // On a busy machine a line can give a time-out as the reason; the next one comes ten seconds later.
  await until(
    'each part names the reason',
    async () => {
      tried += 1
      await Promise.all([joinOnce(eventId, `cat-${tried}`), ask(`${system.url}/events?city=${tried}`)])
      return messages.every((message) => lines(message).some((line) => line.includes('OOM')))
    },
    { timeoutMs: 40_000 },
  )
  await limitMemory('0')
  await join(system.url, eventId, 'bob')
})

test.serial('a step of the waiting room that Redis refuses is a fault of the gateway', async (t) => {
  const eventId = await eventWithRoom(system.url)
  await join(system.url, eventId, 'ann')
  const redis = openRedis(system.redis.url)
  t.teardown(() => redis.disconnect())
  const key = roomKey(eventId, 'room')
  await redis.multi().del(key).rpush(key, 'not a hash').exec()
  await until('the fault shows, whatever a busy machine says before', async () => {
    const { status, body } = await joinOnce(eventId, 'bob')
    return status === 500 && body.code === 'internal'
  })
  const [line = ''] = lines('request failed')
  t.regex(line, /Redis refused a step of the waiting room/)
  t.regex(line, /WRONGTYPE/)
})
