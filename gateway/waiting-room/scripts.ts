import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import type { RedisClient } from '#shared/redis.ts'
import { roomKey } from '#shared/room-keys.ts'

/* How a step of the waiting room is sent to Redis: its script, its keys, and the settings for every script. */

/** The states of a place. `passed`: the buyer was absent at their turn; the next read puts the place first in the queue. */
export type PlaceState = 'waiting' | 'called' | 'admitted' | 'passed' | 'gone' | 'expired'
export type StateReply = [state: PlaceState, number: number, ahead: number, ms: number]

/** The settings of a room for every step. Times in milliseconds. */
export interface RoomSettings {
  readonly state: 'open' | 'paused'
  readonly callsPerMinute: number
  /** Whether the rate follows the load of the booking workers; it never exceeds `callsPerMinute`. */
  readonly adaptive: boolean
  /** Limit of sessions and open calls. */
  readonly maxActive: number
  /** How long a call can be claimed. */
  readonly claimMs: number
  /** Longest session, and how long it lasts without activity. */
  readonly sessionMs: number
  readonly idleMs: number
  /** The opening of the sale, in ms since 1970: nobody is called before. */
  readonly opensAtMs?: number | undefined
  /** Only while a draw is to come: until when joining buyers take part, in ms since 1970. */
  readonly closesAtMs?: number | undefined
  /** Only after a draw: its number of places. */
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
/** The callers of an event are spread over this many hashes: small hashes take a third of the memory. */
const callerBuckets = 4_096

/** Defines the steps as commands of a client. `readScript`: for tests that plant faults. */
export function defineSteps(redis: RedisClient, readScript: (name: string) => string = scriptOf): void {
  for (const [file, name] of Object.entries(steps)) {
    redis.defineCommand(name, { lua: `${readScript('room')}\n${readScript(file)}` })
  }
}

/** The text of a script. */
export function scriptOf(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}.lua`), 'utf8')
}

/** The keys of every script. */
export function roomKeysOf(eventId: string): string[] {
  return sharedKeys.map((name) => roomKey(eventId, name))
}

/** The key of the hash that contains a caller. */
export function callersKey(eventId: string, caller: Buffer): string {
  return roomKey(eventId, `callers:${caller.readUInt16BE(0) % callerBuckets}`)
}

/** The settings in the form that scripts read. `now`, in ms since 1970, is for tests: the clock of Redis counts otherwise. */
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

/** Whether a step failed because Redis lacks the numbers of the draw. */
export function lacksNumbers(error: unknown): boolean {
  return error instanceof Error && error.message.includes('NONUMBERS')
}
