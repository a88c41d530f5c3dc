import test from 'ava'
import { newId } from '#shared/ids.ts'
import type { LoadReport } from '../../gateway/waiting-room/load.ts'
import { Queue } from '../../gateway/waiting-room/queue.ts'
import { type RoomSettings, scriptOf } from '../../gateway/waiting-room/scripts.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { forFile } from '../support/for-file.ts'
import { openRedis } from '../support/open-redis.ts'
import { openQueue, roomWith } from '../support/rooms.ts'
import { startSingleRedis } from '../support/servers.ts'

/* How the rate of calls follows the load, in virtual time: the scripts get the clock of the test. */

const server = forFile(() => startSingleRedis())
const noon = 1_800_000_000_000

const quiet: LoadReport = { pending: 0, holds: 50, medianHoldMs: 10, overloaded: false }
/** Each alone is reason to call fewer. */
const heavy: readonly LoadReport[] = [
  { ...quiet, pending: 24 },
  { ...quiet, medianHoldMs: 400 },
  { ...quiet, overloaded: true },
]

function settings(more: Partial<RoomSettings> = {}): RoomSettings {
  const times = { claimMs: 60_000, sessionMs: 900_000, idleMs: 300_000 }
  return { state: 'open', callsPerMinute: 6_000, adaptive: true, maxActive: 100_000, ...times, ...more }
}

/** A room whose gateways report a load every second; answers what the rate was after each. */
class Room {
  readonly #queue: Queue
  readonly settings: RoomSettings
  readonly eventId: string
  now = noon

  constructor(queue: Queue, chosen: RoomSettings, eventId = newId()) {
    this.#queue = queue
    this.settings = chosen
    this.eventId = eventId
  }

  async report(load: LoadReport, gateway = 'gateway-1'): Promise<number> {
    const report = { gateway, ...load }
    return (await this.#queue.control(this.eventId, report, this.settings, this.now)).callsPerMinute
  }

  async run(load: LoadReport, seconds: number, gateways = 1): Promise<number[]> {
    const rates: number[] = []
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1_000
      for (let at = 1; at <= gateways; at += 1) rates.push(await this.report(load, `gateway-${at}`))
    }
    return rates
  }
}

/** What a random schedule of loads showed that must not be. */
async function wrongIn(queue: Queue, seed: number): Promise<string[]> {
  const random = randomNumbers(seed + 1)
  const callsPerMinute = 30 + Math.floor(random() * 6_000)
  const slowest = Math.min(60, callsPerMinute)
  const room = new Room(queue, settings({ callsPerMinute }))
  const gateways = 1 + Math.floor(random() * 3)
  const wrong: string[] = []
  const check = (rates: readonly number[]): void => {
    for (const rate of rates) if (rate > callsPerMinute || rate < slowest) wrong.push(`${rate} of ${callsPerMinute}`)
  }
  const [began = 0] = await room.run(quiet, 1, gateways)
  if (began > Math.max(slowest, callsPerMinute / 4) * 1.1 + 1) wrong.push(`began with ${began} of ${callsPerMinute}`)
  for (let phase = 0; phase < 3; phase += 1) {
    const load = heavy[Math.floor(random() * heavy.length)] ?? quiet
    const falling = await room.run(load, 60, gateways)
    check(falling)
    const afterSmoothing = falling.slice(10 * gateways)
    if (afterSmoothing.some((rate, at) => at > 0 && rate > (afterSmoothing[at - 1] ?? 0))) wrong.push('rose under load')
    if ((falling.at(-1) ?? 0) > Math.max(slowest, callsPerMinute / 20)) wrong.push(`${falling.at(-1)} under load`)
    const rising = await room.run(quiet, 130, gateways)
    check(rising)
    if (rising.at(-1) !== callsPerMinute) wrong.push(`recovered to ${rising.at(-1)} of ${callsPerMinute}`)
  }
  return wrong.map((each) => `seed ${seed}: ${each}`)
}

test('the rate falls under load, recovers, and is never above the set one', async (t) => {
  const { queue } = openQueue(t, server.url)
  const found = await Promise.all(Array.from({ length: 12 }, (_, seed) => wrongIn(queue, seed)))
  t.deepEqual(found.flat(), [])
})

const faults = {
  'no upper bound': ['room', 'math.min(settings.calls_per_minute, math.max(60, wanted))', 'math.max(60, wanted)'],
  'no lower bound': ['room', 'math.max(60, wanted)', 'wanted'],
  'never recovers': ['control', '0.05 * spare', '0'],
  'deaf to refusals': ['control', 'if overloaded then spare = -1 end', ''],
  'begins at once': ['room', 'fields[11] or rate / 4', 'fields[11] or rate'],
} as const

for (const [fault, [script, right, wrong]] of Object.entries(faults)) {
  test(`the schedules of loads find a planted fault: ${fault}`, async (t) => {
    const redis = openRedis(server.url)
    t.teardown(() => redis.disconnect())
    const queue = new Queue(redis, (name) => {
      const text = scriptOf(name)
      if (name !== script) return text
      t.true(text.includes(right), 'the script has changed')
      return text.replace(right, wrong)
    })
    const found = await Promise.all(Array.from({ length: 4 }, (_, seed) => wrongIn(queue, seed)))
    t.true(found.flat().length > 0)
  })
}

test('however many gateways report in a second, the rate moves once', async (t) => {
  const room = new Room(openQueue(t, server.url).queue, settings())
  const [first] = await room.run(quiet, 1)
  const rates = []
  for (let at = 0; at < 20; at += 1) rates.push(await room.report(quiet, `gateway-${at}`))
  t.deepEqual([...new Set(rates)], [first])
})

test('calls of all gateways count together, and those of a gateway that is gone for three seconds only', async (t) => {
  const room = new Room(openQueue(t, server.url).queue, settings())
  const before = (await room.run(quiet, 5, 2)).at(-1) ?? 0
  // Together too many, each alone not.
  const together = (await room.run({ ...quiet, pending: 12 }, 10, 2)).at(-1) ?? 0
  t.true(together < before, `${together} after ${before}`)
  const alone = (await room.run({ ...quiet, pending: 12 }, 60)).at(-1) ?? 0
  t.true(alone > together, `${alone} after ${together}`)
})

test('a room that is not adaptive calls at its set rate, whatever the load', async (t) => {
  const room = new Room(openQueue(t, server.url).queue, settings({ adaptive: false }))
  for (const load of heavy) t.deepEqual([...new Set(await room.run(load, 10))], [6_000])
})

test('buyers are called at the rate that the controller has set', async (t) => {
  const { queue } = openQueue(t, server.url)
  const room = new Room(queue, settings(), await roomWith(queue, 400, settings(), noon))
  const slow = (await room.run({ ...quiet, overloaded: true }, 60)).at(-1) ?? 0
  t.is(slow, 60)
  const began = (await queue.serving(room.eventId, room.settings, room.now)).serving
  for (let second = 0; second < 30; second += 1) {
    await room.run({ ...quiet, overloaded: true }, 1)
    await queue.serving(room.eventId, room.settings, room.now)
  }
  const { serving } = await queue.serving(room.eventId, room.settings, room.now)
  t.true(serving - began >= 29 && serving - began <= 31, `${serving - began} in 30 s`)
})
