import test from 'ava'
import { leafOf } from '#shared/draw.ts'
import { roomKey } from '#shared/room-keys.ts'
import type { RoomSettings } from '../../gateway/waiting-room/scripts.ts'
import { forFile } from '../support/for-file.ts'
import { callerNamed, openQueue, roomWith } from '../support/rooms.ts'
import { startSingleRedis } from '../support/servers.ts'

const server = forFile(() => startSingleRedis())

const noon = 1_800_000_000_000
const hour = 3_600_000
const load = { gateway: 'gateway-1', pending: 0, holds: 0, medianHoldMs: 0, overloaded: false }
const settings: RoomSettings = {
  state: 'open',
  callsPerMinute: 60,
  adaptive: false,
  maxActive: 100,
  claimMs: 30_000,
  sessionMs: 60_000,
  idleMs: 30_000,
}

test('a clock that jumps back an hour does not stop the queue, nor does one that jumps ahead let it rush', async (t) => {
  const { queue } = openQueue(t, server.url)
  const eventId = await roomWith(queue, 50, settings, noon)
  const servingAt = async (now: number) => (await queue.serving(eventId, settings, now)).serving
  const before = await servingAt(noon)
  const back = [await servingAt(noon - hour), await servingAt(noon - hour + 5_000)]
  t.true((back[1] ?? 0) > before, `${before}, then ${back.join(', ')}`)
  const { called } = await queue.serving(eventId, settings, noon + hour)
  t.true(called <= 1, `${called} at once`)
})

test('nobody is called before the opening, by the clock of Redis, and the rate does not rise until then', async (t) => {
  const room: RoomSettings = { ...settings, adaptive: true, callsPerMinute: 6_000, opensAtMs: noon }
  const { queue } = openQueue(t, server.url)
  const eventId = await roomWith(queue, 50, room, noon - hour)
  for (let second = 0; second < 60; second += 1) await queue.control(eventId, load, room, noon - hour + second * 1_000)
  const { serving, callsPerMinute } = await queue.serving(eventId, room, noon - 1)
  t.deepEqual([serving, callsPerMinute], [0, 1_500])
  t.true((await queue.serving(eventId, room, noon)).serving > 0)
})

test('a pre-queue that has closed stays closed when the clock jumps back', async (t) => {
  const room: RoomSettings = { ...settings, state: 'paused', closesAtMs: noon }
  const { queue } = openQueue(t, server.url)
  const eventId = await roomWith(queue, 3, room, noon - 1_000)
  const enter = (index: number, now: number) => queue.enterRoll(eventId, { index, leaf: leafOf(`${index}`) }, room, now)
  t.true(await enter(0, noon - 1))
  t.is((await queue.serving(eventId, room, noon - 1)).rolled, null)
  t.is((await queue.serving(eventId, room, noon)).rolled, 3)
  t.false(await enter(1, noon - hour))
  const roll = await queue.readRoll(eventId, { first: 0, length: 3 })
  t.deepEqual(roll.subarray(0, 32), leafOf('0'))
  t.is((await queue.serving(eventId, room, noon - hour)).rolled, 3)
})

test('all that Redis keeps of a room lasts as long as somebody asks for it, and ends a week later', async (t) => {
  const room: RoomSettings = { ...settings, closesAtMs: noon + hour }
  const { queue, redis } = openQueue(t, server.url)
  const eventId = await roomWith(queue, 3, room, noon)
  await queue.enterRoll(eventId, { index: 0, leaf: leafOf('0') }, room, noon)
  await queue.admit(eventId, 0, settings, noon)
  await queue.leave(eventId, 2, settings, noon)
  const ask = async (now: number) => {
    await queue.look(eventId, callerNamed(2), 1, settings, now)
    await queue.control(eventId, load, settings, now)
  }
  const week = 604_800
  const shortestS = async () => {
    const keys = (await redis.keys(roomKey(eventId, '*'))).filter((key) => !key.endsWith(':load'))
    for (const name of ['room', 'sessions', 'active', 'gone', 'journal', 'roll']) {
      t.true(keys.includes(roomKey(eventId, name)), name)
    }
    return Math.min(...(await Promise.all(keys.map((key) => redis.ttl(key)))))
  }
  await ask(noon + 1_000)
  t.true((await shortestS()) > week - 600)
  for (const key of await redis.keys(roomKey(eventId, '*'))) await redis.expire(key, 1_000)
  await ask(noon + 2_000)
  t.true((await shortestS()) > week - 600)
})
