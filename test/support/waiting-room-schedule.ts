import { drawNumbers, leafAt, leafOf, nodesOf } from '#shared/draw.ts'
import { newId } from '#shared/ids.ts'
import type { RedisClient } from '#shared/redis.ts'
import { roomKey } from '#shared/room-keys.ts'
import type { Queue } from '../../gateway/waiting-room/queue.ts'
import { lacksNumbers, type RoomSettings, roomKeysOf } from '../../gateway/waiting-room/scripts.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'

const buyersAtOnce = 25
/** Long after everybody who stays must have had their turn. */
const longestMs = 20 * 60_000
/** From the beginning on: who joins until then is drawn. */
const preQueueMs = 30_000
/** Between the closing and the draw. */
const drawAfterMs = 10_000

type Kind = 'stays' | 'ghost' | 'wanderer' | 'leaver'

interface Buyer {
  readonly name: Buffer
  readonly kind: Kind
  nextAt: number
  index?: number
  /** Undefined before the draw. */
  number?: number
  /** What it knows of itself: after `over` it must never be called again. */
  over?: boolean
  began?: number
  /** Looks seldom enough to be passed over. */
  wandered?: boolean
  /** How often Redis had lost something when it last showed its id. */
  seenLosses: number
}

export interface ScheduleOptions {
  /** The room begins with a pre-queue, and a draw. */
  readonly drawn?: boolean
  /** Redis loses its last second, or all it has. Then sessions of that second may exceed rate and maximum: these are not checked. */
  readonly loses?: boolean
}

/** What the event worker keeps. */
interface HeldDraw {
  readonly numbers: Uint32Array
  readonly count: number
  readonly entrants: number
}

/** Random buyers of one event, in virtual time: the scripts get its clock. Repeatable by its seed. */
export class Schedule {
  readonly #queue: Queue
  readonly #redis: RedisClient
  readonly #random: () => number
  readonly #eventId = newId()
  readonly #base: RoomSettings
  readonly #options: ScheduleOptions
  readonly #violations: string[] = []
  readonly #admissions: { number: number; at: number }[] = []
  readonly #seed: number
  readonly #closesAt: number
  readonly #owners = new Map<number, Buyer>()
  /** Of the pre-queue that has closed. */
  #roll: Buffer | undefined
  #draw: HeldDraw | undefined
  #now = 1_800_000_000_000
  #serving = 0
  #controlledAt = 0
  #nextPlace = 0
  #losses = 0
  #kept: { at: number; dumps: [string, Buffer][] } | undefined

  constructor(queue: Queue, redis: RedisClient, seed: number, options: ScheduleOptions = {}) {
    this.#queue = queue
    this.#redis = redis
    this.#seed = seed
    this.#options = options
    this.#random = randomNumbers(seed + 1)
    this.#closesAt = this.#now + preQueueMs
    this.#base = {
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

  get #isBeforeDraw(): boolean {
    return this.#options.drawn === true && this.#draw === undefined
  }

  get #settings(): RoomSettings {
    if (this.#isBeforeDraw) return { ...this.#base, state: 'paused', closesAtMs: this.#closesAt }
    return { ...this.#base, drawn: this.#draw?.count }
  }

  /** Answers what went wrong. */
  async run(): Promise<string[]> {
    const buyers = Array.from({ length: buyersAtOnce }, (_, index): Buyer => {
      const kinds: Kind[] = ['stays', 'stays', 'stays', 'stays', 'ghost', 'ghost', 'wanderer', 'leaver']
      const kind = kinds[this.#between(0, kinds.length - 1)] ?? 'stays'
      const name = Buffer.alloc(12)
      name.writeUInt32BE(index + 1, 4)
      return { name, kind, nextAt: this.#now + this.#between(0, 40_000), seenLosses: 0 }
    })
    const endsAt = this.#now + longestMs
    for (;;) {
      const next = buyers.reduce((first, buyer) => (buyer.nextAt < first.nextAt ? buyer : first))
      if (next.nextAt >= endsAt) break
      this.#now = Math.max(this.#now, next.nextAt)
      if (this.#random() < 0.02) await this.#restartRedis()
      if (this.#options.loses) await this.#loseSomething()
      await this.#act(next)
      await this.#checkRoom()
    }
    for (const { kind, over, number } of buyers) {
      if (kind === 'stays' && !over) this.#complain(`number ${number} was never admitted`)
    }
    if (!this.#options.loses) this.#checkRate()
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
    const join = () => this.#ask(() => this.#queue.join(this.#eventId, buyer.name, this.#settings, this.#now))
    let joined = await join()
    if (joined.kind === 'no block') {
      // As the event worker gives them out.
      const block = { from: this.#nextPlace, to: this.#nextPlace + 10 }
      this.#nextPlace = block.to
      await this.#ask(() => this.#queue.addBlock(this.#eventId, block, this.#settings, this.#now))
      joined = await join()
    }
    if (joined.kind !== 'place') return this.#complain(`a join answered ${joined.kind}`)
    const { index, number } = joined.place
    // Who was away may have missed their turn: they are at the end of the line then.
    if (buyer.index !== undefined && buyer.index !== index && !buyer.wandered) {
      this.#complain(`a second place ${index} for ${buyer.index}`)
    }
    if (buyer.index !== index) this.#forgetNumber(buyer)
    const isNew = buyer.index === undefined
    buyer.index = index
    await this.#enterRoll(buyer)
    this.#noteNumber(buyer, number, isNew)
  }

  async #look(buyer: Buyer): Promise<void> {
    // Who has an id shows it before joining again: Redis may have lost the place.
    if (this.#random() < 0.1 && buyer.seenLosses === this.#losses) await this.#join(buyer)
    const { index = 0 } = buyer
    const place = await this.#ask(() => this.#queue.look(this.#eventId, buyer.name, index, this.#settings, this.#now))
    buyer.seenLosses = this.#losses
    if (place.index !== index) this.#complain(`index ${index} became ${place.index}`)
    await this.#enterRoll(buyer)
    this.#noteNumber(buyer, place.number, false)
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
    const admission = await this.#ask(() => this.#queue.admit(this.#eventId, index, this.#settings, this.#now))
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
    const lasts = await this.#ask(() =>
      this.#queue.touch(this.#eventId, { index, beganMs: began }, this.#settings, this.#now),
    )
    if (!lasts && this.#now < began + this.#settings.sessionMs) this.#complain(`a session of ${number} was lost`)
    if (!lasts) {
      buyer.over = true
      return
    }
    const again = await this.#ask(() => this.#queue.admit(this.#eventId, index, this.#settings, this.#now))
    if (again.kind === 'session' && again.beganMs !== began) this.#complain(`number ${number} was admitted twice`)
    if (this.#random() < 0.4) return this.#leave(buyer)
  }

  async #leave(buyer: Buyer): Promise<void> {
    await this.#ask(() => this.#queue.leave(this.#eventId, buyer.index ?? 0, this.#settings, this.#now))
    buyer.over = true
  }

  async #comeBack(buyer: Buyer): Promise<void> {
    const { index = 0, number } = buyer
    // Redis may have lost that it is over.
    if (!this.#options.loses) {
      const { state } = await this.#ask(() =>
        this.#queue.look(this.#eventId, buyer.name, index, this.#settings, this.#now),
      )
      if (state !== 'gone' && state !== 'expired') this.#complain(`number ${number} was over and is ${state}`)
    }
    if (this.#options.loses || this.#random() < 0.5) buyer.nextAt = Number.POSITIVE_INFINITY
  }

  async #enterRoll({ index = 0 }: Buyer): Promise<void> {
    if (!this.#isBeforeDraw) return
    const entry = { index, leaf: leafOf(`${this.#eventId} ${index}`) }
    await this.#ask(() => this.#queue.enterRoll(this.#eventId, entry, this.#settings, this.#now))
  }

  /** Numbers never change, are never given twice, and grow with the arrivals after the draw. */
  #noteNumber(buyer: Buyer, number: number, isNew: boolean): void {
    if (this.#isBeforeDraw) return
    if (buyer.number !== undefined && buyer.number !== number) this.#complain(`number ${buyer.number} became ${number}`)
    const owner = this.#owners.get(number)
    if (owner !== undefined && owner !== buyer) this.#complain(`number ${number} was given twice`)
    if (isNew && number <= Math.max(0, ...this.#owners.keys())) this.#complain(`a newcomer has number ${number}`)
    const { index = 0 } = buyer
    if (this.#draw !== undefined && index < this.#draw.count && number !== this.#draw.numbers[index]) {
      this.#complain(`index ${index} has number ${number}, and was drawn as ${this.#draw.numbers[index]}`)
    }
    buyer.number = number
    this.#owners.set(number, buyer)
  }

  #forgetNumber(buyer: Buyer): void {
    if (buyer.number !== undefined) this.#owners.delete(buyer.number)
    delete buyer.number
  }

  /** A step, after the numbers of the draw were brought to Redis where it does not have them. */
  async #ask<Reply>(step: () => Promise<Reply>): Promise<Reply> {
    try {
      return await step()
    } catch (error) {
      if (this.#draw === undefined || !lacksNumbers(error)) throw error
      const ranks = Buffer.alloc(this.#draw.count * 4)
      for (const [index, number] of this.#draw.numbers.entries()) ranks.writeUInt32BE(number - 1, index * 4)
      if (ranks.length > 0) await this.#queue.writeRanks(this.#eventId, 0, ranks)
      await this.#queue.adoptDraw(this.#eventId, this.#draw, this.#settings, this.#now)
      return step()
    }
  }

  /** As a gateway hands it over. */
  async #readRoll(count: number): Promise<Buffer> {
    const roll = Buffer.alloc(count * 32)
    const stored = await this.#queue.readRoll(this.#eventId, { first: 0, length: count })
    stored.copy(roll)
    return roll
  }

  async #holdDraw(roll: Buffer): Promise<HeldDraw> {
    const numbers = await drawNumbers(leafOf(`seed ${this.#seed}`), roll)
    const entrants = nodesOf(roll).filter((_, index) => leafAt(roll, index) !== undefined).length
    return { numbers, count: numbers.length, entrants }
  }

  /** Redis notes another run: the next join needs a new block. */
  async #restartRedis(): Promise<void> {
    await this.#redis.hset(roomKey(this.#eventId, 'room'), 'run_id', 'another')
  }

  /** Redis goes back to what it was within the last second, or to nothing. */
  async #loseSomething(): Promise<void> {
    if (this.#kept !== undefined && this.#kept.at > this.#now - 1_000) {
      if (this.#random() < 0.5) return
      await this.#forgetAll()
      for (const [key, dump] of this.#kept.dumps) await this.#redis.restore(key, 0, dump, 'REPLACE')
      await this.#restartRedis()
      this.#lost()
    }
    this.#kept = undefined
    if (this.#random() < 0.02) {
      const dumps: [string, Buffer][] = []
      for (const key of this.#keys()) {
        const dump = await this.#redis.dumpBuffer(key)
        if (dump !== null) dumps.push([key, dump])
      }
      this.#kept = { at: this.#now, dumps }
    } else if (this.#random() < (this.#isBeforeDraw ? 0.03 : 0.01)) {
      await this.#forgetAll()
      this.#lost()
    }
  }

  #lost(): void {
    this.#losses += 1
    this.#serving = 0
    this.#controlledAt = 0
  }

  async #forgetAll(): Promise<void> {
    await this.#redis.del(...this.#keys())
  }

  /** All of them: the names of buyers are of one bucket. */
  #keys(): string[] {
    return [...roomKeysOf(this.#eventId), roomKey(this.#eventId, 'callers:0')]
  }

  async #checkRoom(): Promise<void> {
    // Sometimes booking has too much to do, so that the rate moves.
    const pending = Math.floor(this.#now / 30_000) % 3 === 0 ? 40 : 0
    const load = { gateway: 'gateway-1', pending, holds: 0, medianHoldMs: 0, overloaded: false }
    // A gateway reports once a second; sometimes a second one does within it.
    if (this.#now >= this.#controlledAt + 1_000 || this.#random() < 0.1) {
      await this.#ask(() => this.#queue.control(this.#eventId, load, this.#settings, this.#now))
      this.#controlledAt = this.#now
    }
    const { serving, issued, active, called, rolled } = await this.#ask(() =>
      this.#queue.serving(this.#eventId, this.#settings, this.#now),
    )
    if (serving < this.#serving) this.#complain(`serving went back from ${this.#serving} to ${serving}`)
    if (serving > issued) this.#complain(`serving ${serving} is beyond ${issued}`)
    const { maxActive } = this.#settings
    if (active + called > maxActive && !this.#options.loses) {
      this.#complain(`${active} active and ${called} called of ${maxActive}`)
    }
    this.#serving = serving
    if (this.#isBeforeDraw && serving > 0) this.#complain(`number ${serving} was called before the draw`)
    if (rolled === null || !this.#isBeforeDraw) return
    this.#roll ??= await this.#readRoll(rolled)
    if (this.#now >= this.#closesAt + drawAfterMs) this.#draw = await this.#holdDraw(this.#roll)
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
