import { Redis } from 'ioredis'
import type { Admission, Occupancy } from './admissions.ts'

/* What the waiting room itself has written down, read from its Redis and never from what clients saw. */

const commandTimeoutMs = 5_000
const pageSize = 10_000

export interface RoomNow extends Occupancy {
  readonly serving: number
  /** Places that were given out. */
  readonly issued: number
  /** Calls a minute, as the controller has them; null: it has not said. */
  readonly rate: number | null
}

/** The records of one event's room. */
export class RoomRecords {
  readonly #redis: Redis
  readonly #eventId: string

  constructor(url: string, eventId: string) {
    this.#redis = new Redis(url, { commandTimeout: commandTimeoutMs, connectTimeout: commandTimeoutMs })
    // What is wrong is thrown by the command.
    this.#redis.on('error', () => undefined)
    this.#eventId = eventId
  }

  /** All of one moment. */
  async now(): Promise<RoomNow> {
    const replies = await this.#redis
      .multi()
      .hmget(this.#key('room'), 'serving', 'issued', 'rate')
      .zcard(this.#key('active'))
      .zcard(this.#key('called'))
      .exec()
    const [room, active, called] = (replies ?? []).map(([, reply]) => reply)
    const [serving, issued, rate] = room as (string | null)[]
    return {
      serving: Number(serving ?? 0),
      issued: Number(issued ?? 0),
      rate: rate == null ? null : Number(rate),
      active: Number(active),
      called: Number(called),
    }
  }

  /** Every admission, in its order. */
  async journal(): Promise<Admission[]> {
    const admissions: Admission[] = []
    for (let from = '-'; ; ) {
      const entries = await this.#redis.xrange(this.#key('journal'), from, '+', 'COUNT', pageSize)
      for (const [, fields] of entries) {
        const value = (name: string): number => Number(fields[fields.indexOf(name) + 1])
        admissions.push({ number: value('number'), atMs: value('at'), serving: value('serving') })
      }
      const last = entries.at(-1)?.[0]
      if (entries.length < pageSize || last === undefined) return admissions
      from = `(${last}`
    }
  }

  /** Numbers by arrival index, as the draw gave them; those that came later follow. */
  async numberOf(): Promise<(index: number) => number> {
    const drawn = Number((await this.#redis.hget(this.#key('room'), 'drawn')) ?? 0)
    const ranks = await this.#redis.getrangeBuffer(this.#key('ranks'), 0, -1)
    return (index) => (index < drawn ? ranks.readUInt32BE(index * 4) : index) + 1
  }

  close(): void {
    this.#redis.disconnect()
  }

  #key(name: string): string {
    return `queue:{${this.#eventId}}:${name}`
  }
}
