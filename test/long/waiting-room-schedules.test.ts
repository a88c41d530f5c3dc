import test from 'ava'
import { Queue } from '../../gateway/waiting-room/queue.ts'
import { scriptOf } from '../../gateway/waiting-room/scripts.ts'
import { openRedis } from '../support/open-redis.ts'
import { startSingleRedis } from '../support/servers.ts'
import { Schedule, type ScheduleOptions } from '../support/waiting-room-schedule.ts'

/*
 * Buyers of a waiting room act at random, in virtual time: the scripts get the clock of the schedule. What they are told, and the
 * journal of admissions, must never break a rule. Each planted fault must.
 */

const schedules = 200
const drawnSchedules = 100
/** For a machine with much else to do. */
const longestMs = 300_000

let url: string
let stop: () => Promise<void>

test.before(async () => {
  const server = await startSingleRedis()
  url = server.url
  stop = () => server.stop()
  // It is never started again, so its disk need not have what it knows.
  const redis = openRedis(url)
  await redis.config('SET', 'appendonly', 'no')
  redis.disconnect()
})
test.after.always(() => stop?.())

/** What goes wrong in so many schedules, by schedule. */
async function violationsIn(count: number, options: ScheduleOptions, fault?: Fault): Promise<string[][]> {
  const redis = openRedis(url)
  try {
    const queue = new Queue(redis, fault && ((name) => withFault(name, fault)))
    return await inParallel(count, (seed) => new Schedule(queue, redis, seed, options).run())
  } finally {
    redis.disconnect()
  }
}

type Fault = readonly [script: string, right: string, wrong: string]

function withFault(name: string, [script, right, wrong]: Fault): string {
  const text = scriptOf(name)
  if (name !== script) return text
  if (!text.includes(right)) throw new Error(`the script has changed: ${right}`)
  return text.replace(right, wrong)
}

test.serial('200 random schedules: nobody is overtaken, lost, admitted twice or beyond rate and maximum', async (t) => {
  t.timeout(longestMs)
  t.deepEqual((await violationsIn(schedules, {})).flat(), [])
})

test.serial(
  '100 random schedules with a draw: the same, numbers are those of the draw, and later arrivals stand behind',
  async (t) => {
    t.timeout(longestMs)
    t.deepEqual((await violationsIn(drawnSchedules, { drawn: true })).flat(), [])
  },
)

test.serial(
  '100 random schedules in which Redis loses its last second or everything: no place is lost, none given twice, none overtaken',
  async (t) => {
    t.timeout(longestMs)
    const found = await Promise.all([
      violationsIn(drawnSchedules / 2, { loses: true }),
      violationsIn(drawnSchedules / 2, { loses: true, drawn: true }),
    ])
    t.deepEqual(found.flat(2), [])
  },
)

const faults: Readonly<Record<string, readonly [Fault, ScheduleOptions]>> = {
  'no rate check': [['room', 'return math.max(0, math.ceil(tat - now - (burst - 1) * interval))', 'return 0'], {}],
  'calls do not count against the maximum': [['room', " - redis.call('ZCARD', KEYS[2])\n", '\n'], {}],
  'a jump of two': [['room', 'serving = serving + 1\n', 'serving = serving + 2\n'], {}],
  'a lapse forgotten': [
    ['room', "redis.call('ZREM', KEYS[2], number)\n    redis.call('SETBIT'", "redis.call('SETBIT'"],
    {},
  ],
  'a leave forgotten': [['leave', "redis.call('SETBIT', KEYS[8], number, 1)", ''], {}],
  'admitted twice': [
    ['admit', "if place[1] == 'called' then", "if place[1] == 'called' or place[1] == 'admitted' then"],
    {},
  ],
  'numbers of arrival in a drawn room': [
    ['room', 'if settings.drawn and settings.drawn ~= drawn', 'if false'],
    { drawn: true },
  ],
  'who left before the draw forgotten': [
    ['adopt-draw', "redis.call('SETBIT', KEYS[8], numberOf(index), 1)", ''],
    { drawn: true },
  ],
  'places of the last second forgotten': [['room', '    issued = number\n', ''], { loses: true }],
  'holes of the draw forgotten': [
    ['room', "return gapAround(number) and not redis.call('ZSCORE', KEYS[9], number)", 'return false'],
    { drawn: true, loses: true },
  ],
}

for (const [name, [fault, options]] of Object.entries(faults)) {
  test.serial(`schedules find a planted fault: ${name}`, async (t) => {
    t.timeout(longestMs)
    const found = await violationsIn(20, options, fault)
    const seeds = found.filter((violations) => violations.length > 0).length
    t.log(`${seeds} of 20`, found.flat()[0])
    t.true(seeds >= 3)
  })
}

async function inParallel<Result>(count: number, run: (seed: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (next < count) {
        const seed = next
        next += 1
        results.push(await run(seed))
      }
    }),
  )
  return results
}
