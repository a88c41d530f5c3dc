import test from 'ava'
import { newId } from '#shared/ids.ts'
import type { RedisClient } from '#shared/redis.ts'
import { Queue, type RoomSettings, scriptOf } from '../../gateway/waiting-room/queue.ts'
import { openRedis } from '../support/open-redis.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { startSingleRedis } from '../support/servers.ts'

/*
 * Buyers of a waiting room act at random, in virtual time: the scripts get the clock of the schedule. What they are told, and the
 * journal of admissions, must never break a rule. Each planted fault must.
 */

const schedules = 200
const buyersAtOnce = 25
/** Long after everybody who stays must have had their turn. */
const longestMs = 20 * 60_000

let url: string
let stop: () => Promise<void>

test.before(async () => {
  const server = await startSingleRedis()
  url = server.url
  stop = () => server.stop()
})
test.after.always(() => stop?.())

test('200 random schedules: nobody is overtaken, lost, admitted twice or beyond rate and maximum', async (t) => {
  const redis = openRedis(url)
  const queue = new Queue(redis)
  const found = await inParallel(schedules, (seed) => new Schedule(queue, redis, seed).run())
  redis.disconnect()
  t.deepEqual(found.flat(), [])
})

const faults = {
  'no rate check': ['room', 'return math.max(0, math.ceil(tat - now - (burst - 1) * interval))', 'return 0'],
  'calls do not count against the maximum': ['room', " - redis.call('ZCARD', KEYS[2])\n", '\n'],
  'a jump of two': ['room', 'serving = serving + 1\n', 'serving = serving + 2\n'],
  'a lapse forgotten': ['room', "redis.call('ZREM', KEYS[2], number)\n    redis.call('SETBIT'", "redis.call('SETBIT'"],
  'a leave forgotten': ['leave', "redis.call('SETBIT', KEYS[8], number, 1)", ''],
  'admitted twice': ['admit', "if place[1] == 'called' then", "if place[1] == 'called' or place[1] == 'admitted' then"],
} as const

for (const [fault, [script, right, wrong]] of Object.entries(faults)) {
  test(`schedules find a planted fault: ${fault}`, async (t) => {
    const redis = openRedis(url)
    const queue = new Queue(redis, (name) => {
      const text = scriptOf(name)
      if (name !== script) return text
      t.true(text.includes(right), 'the script has changed')
      return text.replace(right, wrong)
    })
    const found = await inParallel(40, (seed) => new Schedule(queue, redis, seed).run())
    redis.disconnect()
    t.true(found.filter((violations) => violations.length > 0).length >= 6, `${found.flat().length} violations`)
  })
}

async function inParallel<Result>(count: number, run: (seed: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < count) {
        const seed = next
        next += 1
        results.push(await run(seed))
      }
    }),
  )
  return results
}

type Kind = 'stays' | 'ghost' | 'wanderer' | 'leaver'

interface Buyer {
  readonly name: Buffer
  readonly kind: Kind
  nextAt: number
  index?: number
  number?: number
  /** What it knows of itself: after `over` it must never be called again. */
  over?: boolean
  began?: number
  /** Looks seldom enough to be passed over. */
  wandered?: boolean
}

/** One schedule of one event, repeatable by its seed. */
class Schedule {
  readonly #queue: Queue
  readonly #redis: RedisClient
  readonly #random: () => number
  readonly #eventId = newId()
  readonly #settings: RoomSettings
  readonly #violations: string[] = []
  readonly #admissions: { number: number; at: number }[] = []
  readonly #seed: number
  #now = 1_800_000_000_000
  #serving = 0
  #nextPlace = 0

  constructor(queue: Queue, redis: RedisClient, seed: number) {
    this.#queue = queue
    this.#redis = redis
    this.#seed = seed
    this.#random = randomNumbers(seed + 1)
    this.#settings = {
      state: 'open',
      callsPerMinute: this.#between(6, 120),
      adaptive: seed % 2 === 0,
      // Few slots let the maximum decide, many the rate.
      maxActive: this.#random() < 0.5 ? this.#between(2, 6) : this.#between(10, 25),
      claimMs: 15_000,
      sessionMs: 60_000,
      idleMs: 30_000,
    }
  }

  async run(): Promise<string[]> {
    const buyers = Array.from({ length: buyersAtOnce }, (_, index): Buyer => {
      const kinds: Kind[] = ['stays', 'stays', 'stays', 'stays', 'ghost', 'ghost', 'wanderer', 'leaver']
      const kind = kinds[this.#between(0, kinds.length - 1)] ?? 'stays'
      const name = Buffer.alloc(12)
      name.writeUInt32BE(index + 1, 4)
      return { name, kind, nextAt: this.#now + this.#between(0, 40_000) }
    })
    const endsAt = this.#now + longestMs
    for (;;) {
      const next = buyers.reduce((first, buyer) => (buyer.nextAt < first.nextAt ? buyer : first))
      if (next.nextAt >= endsAt) break
      this.#now = Math.max(this.#now, next.nextAt)
      if (this.#random() < 0.02) await this.#restartRedis()
      await this.#act(next)
      await this.#checkRoom()
    }
    for (const { kind, over, number } of buyers) {
      if (kind === 'stays' && !over) this.#complain(`number ${number} was never admitted`)
    }
    this.#checkRate()
    return this.#violations
  }

  async #act(buyer: Buyer): Promise<void> {
    buyer.nextAt = this.#now + this.#between(1_000, 8_000)
    if (buyer.index === undefined) return this.#join(buyer)
    if (buyer.over) return this.#comeBack(buyer)
    if (buyer.began !== undefined) return this.#shop(buyer)
    if (buyer.kind === 'ghost' && this.#random() < 0.05) {
      buyer.nextAt = Number.POSITIVE_INFINITY
      return
    }
    if (buyer.kind === 'leaver' && this.#random() < 0.3) return this.#leave(buyer)
    if (buyer.kind === 'wanderer' && this.#random() < 0.3) {
      buyer.wandered = true
      buyer.nextAt = this.#now + this.#between(40_000, 90_000)
      return
    }
    await this.#look(buyer)
  }

  async #join(buyer: Buyer): Promise<void> {
    let joined = await this.#queue.join(this.#eventId, buyer.name, this.#settings, this.#now)
    if (joined.kind === 'no block') {
      // As the event worker gives them out.
      const block = { from: this.#nextPlace, to: this.#nextPlace + 10 }
      this.#nextPlace = block.to
      await this.#queue.addBlock(this.#eventId, block, this.#settings)
      joined = await this.#queue.join(this.#eventId, buyer.name, this.#settings, this.#now)
    }
    if (joined.kind !== 'place') return this.#complain(`a join answered ${joined.kind}`)
    const { index, number } = joined.place
    // Who was away may have missed their turn: they are at the end of the line then.
    if (buyer.index !== undefined && buyer.index !== index && !buyer.wandered) {
      this.#complain(`a second place ${index} for ${buyer.index}`)
    }
    buyer.index = index
    buyer.number = number
  }

  async #look(buyer: Buyer): Promise<void> {
    if (this.#random() < 0.1) await this.#join(buyer)
    const { index = 0 } = buyer
    const place = await this.#queue.look(this.#eventId, buyer.name, index, this.#settings, this.#now)
    if (place.number !== buyer.number) this.#complain(`number ${buyer.number} became ${place.number}`)
    switch (place.state) {
      case 'called':
        // In time, but for wanderers.
        buyer.nextAt = this.#now + this.#between(100, 4_000)
        return this.#claim(buyer)
      case 'waiting':
        return
      case 'admitted':
        return this.#complain(`number ${place.number} has a session that it did not claim`)
      default:
        buyer.over = true
        // Who looks every 8 seconds at least, and claims within 4, misses nothing.
        if (!buyer.wandered) this.#complain(`number ${place.number} was present and is ${place.state}`)
    }
  }

  async #claim(buyer: Buyer): Promise<void> {
    if (buyer.kind === 'ghost') {
      buyer.nextAt = Number.POSITIVE_INFINITY
      return
    }
    const { index = 0, number = 0 } = buyer
    const admission = await this.#queue.admit(this.#eventId, index, this.#settings, this.#now)
    if (admission.kind === 'wait') return
    if (admission.kind === 'no call') {
      buyer.over = true
      return this.#complain(`number ${number} was called and could not claim`)
    }
    buyer.began = admission.beganMs
    this.#admissions.push({ number, at: this.#now })
    if (number > this.#serving) await this.#checkRoom()
    if (number > this.#serving) this.#complain(`number ${number} was admitted while ${this.#serving} is served`)
  }

  async #shop(buyer: Buyer): Promise<void> {
    const { index = 0, began = 0, number } = buyer
    const again = await this.#queue.admit(this.#eventId, index, this.#settings, this.#now)
    if (again.kind === 'session' && again.beganMs !== began) this.#complain(`number ${number} was admitted twice`)
    if (this.#random() < 0.4) return this.#leave(buyer)
    const lasts = await this.#queue.touch(this.#eventId, { index, beganMs: began }, this.#settings, this.#now)
    if (!lasts && this.#now < began + this.#settings.sessionMs) this.#complain(`a session of ${number} was lost`)
    if (!lasts) buyer.over = true
  }

  async #leave(buyer: Buyer): Promise<void> {
    await this.#queue.leave(this.#eventId, buyer.index ?? 0, this.#settings, this.#now)
    buyer.over = true
  }

  async #comeBack(buyer: Buyer): Promise<void> {
    const { index = 0, number } = buyer
    const { state } = await this.#queue.look(this.#eventId, buyer.name, index, this.#settings, this.#now)
    if (state !== 'gone' && state !== 'expired') this.#complain(`number ${number} was over and is ${state}`)
    if (this.#random() < 0.5) buyer.nextAt = Number.POSITIVE_INFINITY
  }

  /** Redis notes another run: the next join needs a new block. */
  async #restartRedis(): Promise<void> {
    await this.#redis.hset(`queue:{${this.#eventId}}:room`, 'run_id', 'another')
  }

  async #checkRoom(): Promise<void> {
    // Sometimes too much for booking, so that the rate moves.
    const pending = Math.floor(this.#now / 30_000) % 3 === 0 ? 40 : 0
    const load = { gateway: 'gateway-1', pending, holds: 0, medianHoldMs: 0, overloaded: false }
    await this.#queue.control(this.#eventId, load, this.#settings, this.#now)
    const { serving, issued, active, called } = await this.#queue.serving(this.#eventId, this.#settings, this.#now)
    if (serving < this.#serving) this.#complain(`serving went back from ${this.#serving} to ${serving}`)
    if (serving > issued) this.#complain(`serving ${serving} is beyond ${issued}`)
    const { maxActive } = this.#settings
    if (active + called > maxActive) this.#complain(`${active} active and ${called} called of ${maxActive}`)
    this.#serving = serving
  }

  /** In any t seconds at most ⌈rate · t⌉ admissions and those of one second. */
  #checkRate(): void {
    const perMs = this.#settings.callsPerMinute / 60_000
    const burst = Math.max(1, Math.ceil(perMs * 1_000))
    for (const [first, { at: from }] of this.#admissions.entries()) {
      for (const [offset, { at: to }] of this.#admissions.slice(first).entries()) {
        const allowed = Math.ceil((to - from) * perMs) + burst
        if (offset + 1 > allowed) this.#complain(`${offset + 1} admissions in ${to - from} ms, ${allowed} allowed`)
      }
    }
  }

  #complain(what: string): void {
    this.#violations.push(`seed ${this.#seed}: ${what}`)
  }

  #between(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1))
  }
}
