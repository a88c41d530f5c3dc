import { leafBytes, maxRollPlaces } from '#shared/draw.ts'
import { type RedisClient, withRedisSpan } from '#shared/redis.ts'
import { roomKey } from '#shared/room-keys.ts'
import type { LoadReport } from './load.ts'
import { maxPlaces } from './place-id.ts'
import {
  callersKey,
  defineSteps,
  type PlaceState,
  type RoomSettings,
  roomKeysOf,
  type StateReply,
  settingsText,
} from './scripts.ts'

export interface Place {
  /** The arrival index in the place id. */
  readonly index: number
  readonly state: PlaceState
  /** The position in the order of calls. */
  readonly number: number
  /** How many places are called before this one. */
  readonly ahead: number
  /** By the clock of Redis: until when a call or a session lasts; 0 otherwise. */
  readonly untilMs: number
}

export type Joined =
  | { readonly kind: 'place'; readonly place: Place; readonly isNew: boolean }
  /** A block of indexes must be added first. */
  | { readonly kind: 'no block' }
  | { readonly kind: 'full' }

export type Admission =
  | { readonly kind: 'session'; readonly beganMs: number }
  /** Called, but the rate at which sessions begin is used up. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'no call'; readonly state: PlaceState }

/** Indexes `from` to `to` - 1, which were never given out before. */
export interface Block {
  readonly from: number
  readonly to: number
}

export interface Serving {
  readonly serving: number
  readonly issued: number
  /** First and last of a range of numbers without a place. */
  readonly gaps: readonly (readonly [number, number])[]
  readonly active: number
  readonly called: number
  /** The clock of Redis, in milliseconds. */
  readonly nowMs: number
  /** The current rate of calls, at most that of the settings. */
  readonly callsPerMinute: number
  /** Places in the roll of a coming draw, once the pre-queue has closed. */
  readonly rolled: number | null
}

/** The smoothed values from all gateways that control a room's rate. */
export interface Control {
  readonly callsPerMinute: number
  /** Calls to booking workers in flight. */
  readonly pending: number
  readonly medianHoldMs: number
}

/** An issued pass. */
export interface JournalEntry {
  readonly number: number
  /** The clock of Redis, in milliseconds. */
  readonly atMs: number
  readonly serving: number
}

/** Settings that do not affect a session. */
const unused = { state: 'paused', callsPerMinute: 1, adaptive: false, maxActive: 1, claimMs: 1 } as const

/** The queue of every event's waiting room, in Redis. Each step is one script; each method throws when Redis does not answer. */
export class Queue {
  readonly #redis: RedisClient

  /** `readScript`: for tests that plant faults. */
  constructor(redis: RedisClient, readScript?: (name: string) => string) {
    this.#redis = redis
    defineSteps(redis, readScript)
  }

  /** The caller's place: the existing one, or a new one at the end. */
  async join(eventId: string, caller: Buffer, settings: RoomSettings, now?: number): Promise<Joined> {
    const max = settings.closesAtMs === undefined ? maxPlaces : maxRollPlaces
    const values = [settingsText(settings, now), caller.toString('base64url'), max]
    const keys = [...roomKeysOf(eventId), callersKey(eventId, caller)]
    const reply = await withRedisSpan('join-room', () => this.#redis.joinRoom(keys.length, ...keys, ...values))
    if (reply[0] === 'no_block') return { kind: 'no block' }
    if (reply[0] === 'full') return { kind: 'full' }
    const [, index, isNew, ...state] = reply
    return { kind: 'place', place: placeOf(index, state), isNew: isNew === 1 }
  }

  /** Lets the room give out the places of a block. A block that does not follow those of other gateways is ignored. */
  async addBlock(eventId: string, block: Block, settings: RoomSettings, now?: number): Promise<void> {
    const values = [settingsText(settings, now), block.from, block.to]
    const keys = roomKeysOf(eventId)
    await withRedisSpan('add-room-block', () => this.#redis.addRoomBlock(keys.length, ...keys, ...values))
  }

  /** The current state of a place; marks its owner as present. Restores a place that Redis has lost, so the id must have been verified. */
  async look(eventId: string, caller: Buffer, index: number, settings: RoomSettings, now?: number): Promise<Place> {
    const values = [settingsText(settings, now), caller.toString('base64url'), index]
    const keys = [...roomKeysOf(eventId), callersKey(eventId, caller)]
    const [seen, ...state] = await withRedisSpan('look-in-room', () =>
      this.#redis.lookInRoom(keys.length, ...keys, ...values),
    )
    return placeOf(seen, state)
  }

  /** Turns a call into a session; repeated, returns the same session. */
  async admit(eventId: string, index: number, settings: RoomSettings, now?: number): Promise<Admission> {
    const keys = roomKeysOf(eventId)
    const [state, , third, ms] = await withRedisSpan('admit-to-shop', () =>
      this.#redis.admitToShop(keys.length, ...keys, settingsText(settings, now), index),
    )
    if (state === 'wait') return { kind: 'wait', waitMs: ms }
    if (state === 'admitted') return { kind: 'session', beganMs: third }
    return { kind: 'no call', state }
  }

  /** Extends a session; returns whether it is still active. */
  async touch(
    eventId: string,
    session: { index: number; beganMs: number },
    lasting: Pick<RoomSettings, 'sessionMs' | 'idleMs' | 'drawn'>,
    now?: number,
  ): Promise<boolean> {
    const keys = roomKeysOf(eventId)
    const values = [settingsText({ ...unused, ...lasting }, now), session.index, session.beganMs]
    return (await withRedisSpan('touch-session', () => this.#redis.touchSession(keys.length, ...keys, ...values))) === 1
  }

  /** Ends a place or session permanently; its slot is free at once. */
  async leave(eventId: string, index: number, settings: RoomSettings, now?: number): Promise<void> {
    const keys = roomKeysOf(eventId)
    await withRedisSpan('leave-room', () =>
      this.#redis.leaveRoom(keys.length, ...keys, settingsText(settings, now), index),
    )
  }

  async serving(eventId: string, settings: RoomSettings, now?: number): Promise<Serving> {
    const keys = roomKeysOf(eventId)
    const [serving, issued, gaps, active, called, nowMs, callsPerMinute, rolled] = await withRedisSpan(
      'serve-room',
      () => this.#redis.serveRoom(keys.length, ...keys, settingsText(settings, now)),
    )
    return {
      ...{ serving, issued, gaps: JSON.parse(gaps), active, called, nowMs, callsPerMinute },
      rolled: rolled === -1 ? null : rolled,
    }
  }

  /** Reports a gateway's load to the room. Once a second the rate of calls is set from all recent reports. */
  async control(
    eventId: string,
    { gateway, ...load }: LoadReport & { readonly gateway: string },
    settings: RoomSettings,
    now?: number,
  ): Promise<Control> {
    const keys = [...roomKeysOf(eventId), roomKey(eventId, 'load')]
    const { pending, holds, medianHoldMs, overloaded } = load
    const report = JSON.stringify({ pending, holds, median_ms: medianHoldMs, overloaded })
    const [callsPerMinute, hundredths, median] = await withRedisSpan('control-room', () =>
      this.#redis.controlRoom(keys.length, ...keys, settingsText(settings, now), gateway, report),
    )
    return { callsPerMinute, pending: hundredths / 100, medianHoldMs: median }
  }

  /** Enters a place into the roll of the draw, until the pre-queue has closed. Returns whether the place takes part. */
  async enterRoll(
    eventId: string,
    { index, leaf }: { index: number; leaf: Buffer },
    settings: RoomSettings,
    now?: number,
  ): Promise<boolean> {
    const values = [settingsText(settings, now), index, leaf]
    const keys = roomKeysOf(eventId)
    return (await withRedisSpan('enter-roll', () => this.#redis.enterRoll(keys.length, ...keys, ...values))) === 1
  }

  /** A part of the roll; shorter at its end. */
  async readRoll(eventId: string, { first, length }: { first: number; length: number }): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    return this.#redis.getrangeBuffer(roomKey(eventId, 'roll'), first * leafBytes, (first + length) * leafBytes - 1)
  }

  /** Writes ranks of four bytes, starting at an index. They count only after `adoptDraw` has found all of them. */
  async writeRanks(eventId: string, first: number, ranks: Buffer): Promise<void> {
    await this.#redis.setrange(roomKey(eventId, 'ranks'), first * 4, ranks)
  }

  /** Makes the written ranks the numbers of the room. `settings.drawn` must not be set. */
  async adoptDraw(
    eventId: string,
    { count, entrants }: { count: number; entrants: number },
    settings: RoomSettings,
    now?: number,
  ): Promise<void> {
    const keys = roomKeysOf(eventId)
    const values = [settingsText({ ...settings, drawn: undefined }, now), count, entrants]
    await withRedisSpan('adopt-draw', () => this.#redis.adoptDraw(keys.length, ...keys, ...values))
  }

  /** Admissions among the next `limit` entries of the journal, oldest first; `next`: the entry after which to continue. */
  async admissions(
    eventId: string,
    { after, limit }: { after: string | undefined; limit: number },
  ): Promise<{ admissions: JournalEntry[]; next: string | null }> {
    const start = after === undefined ? '-' : `(${after}`
    const entries = await this.#redis.xrange(roomKey(eventId, 'journal'), start, '+', 'COUNT', limit)
    const admissions = entries.flatMap(([, values]): JournalEntry[] => {
      const [number, atMs, serving] = ['number', 'at', 'serving'].map((name) =>
        Number(values[values.indexOf(name) + 1]),
      )
      const isAdmission = values.includes('at') && number !== undefined && atMs !== undefined && serving !== undefined
      return isAdmission ? [{ number, atMs, serving }] : []
    })
    return { admissions, next: entries.length < limit ? null : (entries.at(-1)?.[0] ?? null) }
  }
}

function placeOf(index: number, [state, number, ahead, untilMs]: StateReply): Place {
  return { index, state, number, ahead, untilMs }
}
