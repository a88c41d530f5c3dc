import { setImmediate as nextTurn } from 'node:timers/promises'
import type Logger from 'bunyan'
import type { AreaState, SeatVersions } from '#shared/contracts/seats.ts'
import type { HoldPayload, PlacesPayload } from '#shared/facts/places.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import {
  type ByeReason,
  heartbeat,
  holdMessage,
  resetMessage,
  type SeatChange,
  type Snapshot,
  seatsMessage,
} from './framing.ts'
import type { StreamMetrics } from './metrics.ts'
import { notFollowing, SeatModel } from './model.ts'
import type { Reader } from './stream.ts'

/** Reads the seats of an event. */
export interface SeatSource {
  readSeats(eventId: string): Promise<SeatVersions>
  countAreas(eventId: string): Promise<readonly AreaState[]>
}

export interface FeedParts {
  readonly source: SeatSource
  /** How far facts have been received; null while they are not followed. */
  position(): FactPosition | null
  readonly metrics: StreamMetrics
  readonly log: Logger
  /** Shortest time between two batches. */
  readonly batchMs: number
}

/** Streams written without a pause. Writing thousands at once would delay other requests of this gateway too long. */
const sliceSize = 250
/** Shortest time between two requests for the counts of areas. */
const countAreasMs = 500
/** Pause after a failed load, while clients wait for it. */
const loadAgainMs = { from: 1_000, to: 2_000 }
const heartbeatMs = 15_000

/** Sends the changes of one event to all its readers: seats in batches, and a reader's own holds at once. */
export class SeatFeed {
  readonly #eventId: string
  readonly #parts: FeedParts
  readonly #model: SeatModel
  readonly #readers = new Set<Reader>()
  readonly #readersOfOwner = new Map<string, Set<Reader>>()
  #areas: readonly AreaState[] = []
  /** Facts named areas since the last count. */
  #areasAreOld = false
  /** Counts changed since the last batch. */
  #areasChanged = false
  #isCounting = false
  #countedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> | null = null
  #mustLoadAgain = false
  #snapshot: { readonly revision: number; readonly message: Buffer } | null = null
  /** `performance.now()` of the first change since the last batch. */
  #changedAt: number | null = null
  #batchAt = Number.NEGATIVE_INFINITY
  #writing: Promise<void> = Promise.resolve()
  #writes = 0
  readonly #timers: { batch?: NodeJS.Timeout | undefined; areas?: NodeJS.Timeout | undefined; load?: NodeJS.Timeout } =
    {}

  constructor(eventId: string, parts: FeedParts) {
    this.#eventId = eventId
    this.#parts = parts
    this.#model = new SeatModel(() => parts.position())
  }

  /** Resolves when the seats are loaded; rejects with the worker's error. All who wait share one request. */
  ready(): Promise<void> {
    return this.#model.isLoaded ? Promise.resolve() : this.#load()
  }

  /** Facts may have been missed: sends nothing and reports no position until `reload` has ended. */
  unload(): void {
    this.#mustLoadAgain = true
    this.#model.unload()
  }

  /** Loads the seats again, then resets all readers: facts were missed, or the change is not one that facts about seats describe. */
  reload(): void {
    if (this.#loading !== null) this.#mustLoadAgain = true
    else this.#load().catch(() => undefined)
  }

  receive(sequence: number, { seats, areas }: PlacesPayload): void {
    // The fact names an unknown seat: the event has more seats now.
    if (!this.#model.receive(sequence, seats)) this.reload()
    if (areas.length > 0) {
      this.#areasAreOld = true
      this.#countAreasSoon()
    }
    if (this.#model.hasNamed) this.#sendBatchSoon()
  }

  /** Sends a change of a hold to its owner, if connected. */
  receiveHold(hold: HoldPayload): void {
    const readers = this.#readersOfOwner.get(hold.owner)
    if (readers === undefined) return
    const message = holdMessage(hold)
    for (const reader of readers) reader.write(message, this.#snapshotBytes)
  }

  hasSection(name: string): boolean {
    return this.#model.hasSection(name)
  }

  /**
   * The first message for a new reader: the changes since its position if they are known, else a snapshot. Add the reader before any
   * further fact is received. Throws `unavailable` while facts are not followed.
   */
  firstMessage({ from, section }: { readonly from: string | null; readonly section: string | null }): Buffer {
    const seatNos = from === null ? null : this.#model.namedSince(from)
    const id = this.#model.lastId
    if (seatNos === null || id === null) {
      const message = this.#snapshotMessage()
      if (message === null) throw notFollowing()
      this.#parts.metrics.beganWithSnapshot()
      return message
    }
    const areas = this.#areas.length === 0 ? undefined : this.#areas
    return seatsMessage(id, { seats: this.#changesOf(seatNos, section), areas })
  }

  add(reader: Reader): void {
    this.#readers.add(reader)
    const { owner } = reader
    if (owner !== null) {
      const readers = this.#readersOfOwner.get(owner) ?? new Set()
      this.#readersOfOwner.set(owner, readers.add(reader))
    }
    if (this.#areasAreOld) this.#countAreasSoon()
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader)
    const { owner } = reader
    const readers = owner === null ? undefined : this.#readersOfOwner.get(owner)
    if (owner === null || readers === undefined) return
    readers.delete(reader)
    if (readers.size === 0) this.#readersOfOwner.delete(owner)
  }

  /** Once a second: forgets old changes, ends old streams, and sends the others a heartbeat. */
  tick(now: number): void {
    this.#model.forgetOld(now)
    // While a batch is being written, some readers have not received it yet.
    const beat = heartbeat(this.#writes === 0 ? this.#model.lastId : null)
    for (const reader of this.#readers) {
      if (now >= reader.endsAt) reader.sayBye('renew')
      else if (now - reader.wroteAt >= heartbeatMs) reader.write(beat, this.#snapshotBytes)
    }
  }

  /** Ends all streams and cancels all timers. */
  async close(reason: ByeReason): Promise<void> {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
    await this.#writeAll((reader) => reader.sayBye(reason))
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadUntilComplete().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #loadUntilComplete(): Promise<void> {
    clearTimeout(this.#timers.load)
    try {
      do {
        this.#mustLoadAgain = false
        this.#areas = await this.#model.load(() => this.#parts.source.readSeats(this.#eventId))
      } while (this.#mustLoadAgain)
    } catch (error) {
      if (this.#readers.size > 0) this.#loadLater(error)
      throw error
    }
    this.#resetAll()
    if (this.#model.hasNamed) this.#sendBatchSoon()
    if (this.#areasAreOld) this.#countAreasSoon()
  }

  #loadLater(error: unknown): void {
    this.#parts.log.warn({ err: error, event_id: this.#eventId }, 'seats could not be loaded for their streams')
    const { from, to } = loadAgainMs
    this.#timers.load = setTimeout(() => this.reload(), from + Math.random() * (to - from))
  }

  #resetAll(): void {
    const message = this.#readers.size === 0 ? null : this.#snapshotMessage()
    // A load without a position happened while facts were not followed; the seats are loaded again when they are.
    if (message === null) return
    this.#parts.metrics.beganWithSnapshot(this.#readers.size)
    void this.#writeAll((reader) => reader.write(message, message.length))
  }

  #sendBatchSoon(): void {
    this.#changedAt ??= performance.now()
    // The next batch waits for the one being written, so batches grow under load.
    if (this.#timers.batch !== undefined || this.#writes > 0) return
    const waitMs = Math.max(0, this.#batchAt + this.#parts.batchMs - performance.now())
    this.#timers.batch = setTimeout(() => void this.#sendBatch(), waitMs)
  }

  async #sendBatch(): Promise<void> {
    this.#timers.batch = undefined
    const now = performance.now()
    const batch = this.#model.takeBatch(now)
    const areas = this.#areasChanged ? this.#areas : undefined
    const id = batch?.id ?? this.#model.lastId
    // Not loaded, or not following: readers are reset later.
    if (id === null || (batch === null && areas === undefined)) return
    const changedAt = this.#changedAt ?? now
    this.#areasChanged = false
    this.#changedAt = null
    this.#batchAt = now
    const messages = new Map<string | null, Buffer | null>()
    const messageFor = (section: string | null): Buffer | null => {
      const known = messages.get(section)
      if (known !== undefined) return known
      const seats = this.#changesOf(batch?.seatNos ?? new Uint32Array(), section)
      const made = seats.length === 0 && areas === undefined ? null : seatsMessage(id, { seats, areas })
      messages.set(section, made)
      return made
    }
    const isRead = this.#readers.size > 0
    await this.#writeAll((reader) => {
      const message = messageFor(reader.section)
      if (message !== null) reader.write(message, this.#snapshotBytes)
    })
    if (isRead) this.#parts.metrics.batchSent((performance.now() - changedAt) / 1_000)
    if (this.#model.hasNamed || this.#areasChanged) this.#sendBatchSoon()
  }

  /** Calls `write` for all current readers, after everything already being written, with pauses for other work. */
  async #writeAll(write: (reader: Reader) => void): Promise<void> {
    const readers = [...this.#readers]
    this.#writes += 1
    this.#writing = this.#writing.then(async () => {
      for (let at = 0; at < readers.length; at += sliceSize) {
        if (at > 0) await nextTurn()
        for (const reader of readers.slice(at, at + sliceSize)) write(reader)
      }
      this.#writes -= 1
    })
    await this.#writing
  }

  #countAreasSoon(): void {
    const isDue = this.#timers.areas === undefined && !this.#isCounting
    if (!isDue || this.#readers.size === 0 || !this.#model.isLoaded) return
    const waitMs = Math.max(0, this.#countedAt + countAreasMs - performance.now())
    this.#timers.areas = setTimeout(() => void this.#countAreas(), waitMs)
  }

  async #countAreas(): Promise<void> {
    this.#timers.areas = undefined
    this.#areasAreOld = false
    this.#isCounting = true
    this.#countedAt = performance.now()
    try {
      this.#areas = await this.#parts.source.countAreas(this.#eventId)
      this.#areasChanged = true
      this.#snapshot = null
      this.#sendBatchSoon()
    } catch {
      // Failed calls are counted elsewhere; a later one may succeed.
      this.#areasAreOld = true
    }
    this.#isCounting = false
    if (this.#areasAreOld) this.#countAreasSoon()
  }

  /** Made once for all readers that need it before the next change. */
  #snapshotMessage(): Buffer | null {
    const { revision } = this.#model
    if (this.#snapshot?.revision === revision) return this.#snapshot.message
    const snapshot: Snapshot | null = this.#model.snapshot()
    if (snapshot === null) return null
    const message = resetMessage(snapshot, this.#areas)
    this.#snapshot = { revision, message }
    return message
  }

  get #snapshotBytes(): number {
    return this.#snapshot?.message.length ?? 0
  }

  #changesOf(seatNos: Uint32Array, section: string | null): SeatChange[] {
    const changes: SeatChange[] = []
    for (const seatNo of seatNos) {
      if (section !== null && !this.#model.isInSection(seatNo, section)) continue
      changes.push([seatNo, this.#model.codeOf(seatNo)])
    }
    return changes
  }
}
