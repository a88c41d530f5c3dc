import { randomBytes } from 'node:crypto'
import test from 'ava'
import { roomKey } from '#shared/room-keys.ts'
import { readDraw } from '../../infra/ops/draw/read-draw.ts'
import { verifyDraw } from '../../infra/ops/draw/verify-draw.ts'
import { Draws } from '../support/draws.ts'
import { ask } from '../support/http.ts'
import { openRedis } from '../support/open-redis.ts'
import { startSystem } from '../support/system.ts'

const places = 100_000

test('a draw of 100,000 places is held, and verified over HTTP', async (t) => {
  const system = await startSystem({ env: { RATE_LIMITS: 'off' } })
  t.teardown(() => system.stop())
  const draws = new Draws(system)
  const eventId = await draws.eventWithDraw()
  const first = await ask(`${system.url}/events/${eventId}/queue`, { json: { user_id: 'ann' } })
  t.is(first.body.index, 0)
  // As if as many had joined.
  const redis = openRedis(system.redis.url)
  for (let at = 1; at < places; at += 1_000) {
    const length = Math.min(1_000, places - at)
    await redis.setrange(roomKey(eventId, 'roll'), at * 32, randomBytes(length * 32))
  }
  await redis.hset(roomKey(eventId, 'room'), { issued: places, block_end: places })
  redis.disconnect()
  const closing = performance.now()
  await draws.close(eventId)
  t.log(`closed and drawn in ${Math.round(performance.now() - closing)} ms, 300 of them before the closing`)
  const begin = performance.now()
  const published = await readDraw(system.url, eventId)
  const read = performance.now()
  const findings = await verifyDraw(published)
  t.log(`read in ${Math.round(read - begin)} ms, verified in ${Math.round(performance.now() - read)} ms`)
  t.is(findings.flatMap(({ wrong }) => wrong ?? []).join(), '')
  t.is(published.draw.entrants, places)
  const { body } = await ask(`${system.url}/queue/${first.body.id}?user_id=ann`)
  t.is(body.number, published.numbers[0])
})
