import { numberAt } from '#shared/draw.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createRedis, type RedisClient } from '#shared/redis.ts'
import { retry } from '#shared/retry.ts'
import { roomKey } from '#shared/room-keys.ts'
import type { JournalEntry } from '../ops/audit/admissions.ts'
import { readJournal } from '../ops/audit/waiting-rooms.ts'

/* What the waiting room itself has written down, read from its Redis and never from what clients saw. */

/** Enough for all admissions that a journal keeps. */
const maxPages = 250
/** A client that was opened just now is not connected yet. */
const patience = { tries: 10, pauseMs: 100 }

export interface RoomNow {
  readonly serving: number
  /** Calls a minute, as the controller has them; null: it has not said. */
  readonly rate: number | null
  /** Sessions, and calls that were not claimed yet. */
  readonly active: number
  readonly called: number
}

/** The records of one event's room. */
export class RoomRecords {
  readonly redis: RedisClient
  readonly #eventId: string

  constructor(url: string, eventId: string) {
    const log = createLogger({ name: 'onsale', instance: 'onsale', level: 'fatal' })
    this.redis = createRedis({ url, name: 'onsale', log })
    this.#eventId = eventId
  }

  async now(): Promise<RoomNow> {
    const key = (name: string): string => roomKey(this.#eventId, name)
    const ask = () =>
      Promise.all([
        this.redis.hmget(key('room'), 'serving', 'rate'),
        this.redis.zcard(key('active')),
        this.redis.zcard(key('called')),
      ])
    const [room, active, called] = await retry(ask, patience)
    const [serving, rate] = room
    return { serving: Number(serving ?? 0), rate: rate == null ? null : Number(rate), active, called }
  }

  /** Every admission, in its order. */
  journal(): Promise<JournalEntry[]> {
    return readJournal(this.redis, this.#eventId, maxPages)
  }

  /** Numbers by arrival index, as the draw gave them; those that came later follow. */
  async numberOf(): Promise<(index: number) => number> {
    const drawn = Number((await this.redis.hget(roomKey(this.#eventId, 'room'), 'drawn')) ?? 0)
    const ranks = await this.redis.getrangeBuffer(roomKey(this.#eventId, 'ranks'), 0, -1)
    return (index) => (index < drawn ? numberAt(ranks, index) : index + 1)
  }

  close(): void {
    this.redis.disconnect()
  }
}
