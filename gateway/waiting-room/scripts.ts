import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import type { RedisClient } from '#shared/redis.ts'
import { roomKey } from '#shared/room-keys.ts'

/* How a step of the waiting room is sent to Redis: its script, its keys, and the settings that every script gets. */

/** What a place can be. `passed`: it was not seen when its turn came; the next look puts it first in line. */
export type PlaceState = 'waiting' | 'called' | 'admitted' | 'passed' | 'gone' | 'expired'
export type StateReply = [state: PlaceState, number: number, ahead: number, ms: number]

/** The settings of a room that every step gets. Times in milliseconds. */
export interface RoomSettings {
  readonly state: 'open' | 'paused'
  readonly callsPerMinute: number
  /** The rate follows the load of the booking workers, and is that of the settings at most. */
  readonly adaptive: boolean
  /** Sessions and calls at once. */
  readonly maxActive: number
  /** How long a call may be claimed. */
  readonly claimMs: number
  /** How long a session lasts at most, and without a sign of life. */
  readonly sessionMs: number
  readonly idleMs: number
  /** Nobody is called before, in ms since 1970: the sale opens then. */
  readonly opensAtMs?: number | undefined
  /** Of a draw that is to come: until when those who join take part, in ms since 1970. */
  readonly closesAtMs?: number | undefined
  /** Of a draw that was held: its places. */
  readonly drawn?: number | undefined
}

const steps = {
  join: 'joinRoom',
  'add-block': 'addRoomBlock',
  look: 'lookInRoom',
  admit: 'admitToShop',
  touch: 'touchSession',
  leave: 'leaveRoom',
  serving: 'serveRoom',
  control: 'controlRoom',
  'enter-roll': 'enterRoll',
  'adopt-draw': 'adoptDraw',
} as const

declare module 'ioredis' {
  interface RedisCommander<Context> {
    joinRoom(
      ...values: (string | number)[]
    ): Result<['place', number, 0 | 1, ...StateReply] | ['no_block'] | ['full'], Context>
    addRoomBlock(...values: (string | number)[]): Result<0 | 1, Context>
    lookInRoom(...values: (string | number)[]): Result<[index: number, ...StateReply], Context>
    admitToShop(...values: (string | number)[]): Result<StateReply | ['wait', number, number, number], Context>
    touchSession(...values: (string | number)[]): Result<0 | 1, Context>
    leaveRoom(...values: (string | number)[]): Result<1, Context>
    serveRoom(
      ...values: (string | number)[]
    ): Result<[number, number, string, number, number, number, number, number], Context>
    controlRoom(...values: (string | number)[]): Result<[number, number, number], Context>
    enterRoll(...values: (string | number | Buffer)[]): Result<0 | 1, Context>
    adoptDraw(...values: (string | number)[]): Result<0 | 1, Context>
  }
}

const sharedKeys = [
  'room',
  'called',
  'active',
  'sessions',
  'present',
  'passed',
  'late',
  'gone',
  'restored',
  'ranks',
  'journal',
  'roll',
]
/** Callers of an event are spread over so many hashes: small ones take a third of the memory. */
const callerBuckets = 4_096

/** Makes the steps commands of a client. `readScript`: tests plant faults with it. */
export function defineSteps(redis: RedisClient, readScript: (name: string) => string = scriptOf): void {
  for (const [file, name] of Object.entries(steps)) {
    redis.defineCommand(name, { lua: `${readScript('room')}\n${readScript(file)}` })
  }
}

/** The text of a script. */
export function scriptOf(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}.lua`), 'utf8')
}

/** The keys that every script gets. */
export function roomKeysOf(eventId: string): string[] {
  return sharedKeys.map((name) => roomKey(eventId, name))
}

/** The key of the hash that has a caller. */
export function callersKey(eventId: string, caller: Buffer): string {
  return roomKey(eventId, `callers:${caller.readUInt16BE(0) % callerBuckets}`)
}

/** The settings as scripts read them. `now`, in ms since 1970, is for tests: otherwise the clock of Redis counts. */
export function settingsText(settings: RoomSettings, now?: number): string {
  const { state, callsPerMinute, adaptive, maxActive, claimMs, sessionMs, idleMs, opensAtMs, closesAtMs, drawn } =
    settings
  return JSON.stringify({
    ...(now !== undefined && { now }),
    state,
    calls_per_minute: callsPerMinute,
    adaptive,
    max_active: maxActive,
    claim_ms: claimMs,
    session_ms: sessionMs,
    idle_ms: idleMs,
    opens_at: opensAtMs,
    closes_at: closesAtMs,
    drawn,
  })
}

/** Whether a step failed because Redis does not have the numbers of the draw that was held. */
export function lacksNumbers(error: unknown): boolean {
  return error instanceof Error && error.message.includes('NONUMBERS')
}
