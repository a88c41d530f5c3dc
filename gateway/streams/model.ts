import type { AreaState, SeatVersions } from '#shared/contracts/seats.ts'
import { TicketingError } from '#shared/errors.ts'
import type { SeatFact } from '#shared/facts/places.ts'
import { sequenceIn, writePosition } from '#shared/facts/position.ts'
import type { FactPosition } from '#shared/facts/stream.ts'

/** How long changes are remembered for clients that reconnect, and how many seat changes at most. */
const rememberMs = 30_000
const maxRemembered = 500_000

/** While facts are not followed, the states of seats are unknown. */
export function notFollowing(): TicketingError {
  return new TicketingError('unavailable', 'Changes of seats cannot be followed now; try again shortly.')
}

/** Codes of states, as clients receive them. */
const codes: Readonly<Record<SeatFact[1], number>> = { available: 0, held: 1, sold: 2, blocked: 3 }

/** Seats named by facts since the previous batch. */
export interface Batch {
  /** Position of a client that has received this batch and all earlier ones. */
  readonly id: string
  /** Ascending. */
  readonly seatNos: Uint32Array
}

interface SentBatch {
  /** Sequence of the last fact received. */
  readonly upTo: number
  /** `performance.now()` */
  readonly at: number
  readonly seatNos: Uint32Array
}

interface NamedSeats {
  readonly sequence: number
  readonly seats: readonly SeatFact[]
}

/**
 * The seats of one event, built from facts that may arrive twice, late and in any order. At position p the model has, for every seat, at
 * least the highest version published up to p; so does every client with id p. README.md has the proof.
 */
export class SeatModel {
  readonly #position: () => FactPosition | null
  #states = new Uint8Array()
  #versions = new Uint32Array()
  /** Index into `#sectionNames`, by seat number. */
  #sections = new Uint16Array()
  #sectionNames: string[] = []
  #layoutVersion = 0
  #isCancelled = false
  /** Seats named by facts since the last batch, even if their state did not change here. */
  readonly #named = new Set<number>()
  #sent: SentBatch[] = []
  #rememberedSeats = 0
  /** Every seat named by a later fact is in a batch sent since, or in `#named`. Null until the seats are loaded. */
  #knownSince: FactPosition | null = null
  /** Facts received while the seats are being loaded. */
  #receivedMeanwhile: NamedSeats[] | null = null
  #revision = 0

  /** `position`: how far facts have been received; null while they are not followed. */
  constructor(position: () => FactPosition | null) {
    this.#position = position
  }

  get isLoaded(): boolean {
    return this.#knownSince !== null
  }

  /** Changes whenever a snapshot would change. */
  get revision(): number {
    return this.#revision
  }

  get hasNamed(): boolean {
    return this.#named.size > 0
  }

  /**
   * Loads all seats, first or again, and returns the areas. Throws errors of `read`, and `unavailable` while facts are not followed; the
   * seats are then not loaded.
   */
  async load(read: () => Promise<SeatVersions>): Promise<readonly AreaState[]> {
    const receivedMeanwhile: NamedSeats[] = []
    this.#receivedMeanwhile = receivedMeanwhile
    this.#knownSince = null
    try {
      // The position is read before the seats, so that they include every change published up to it: facts are published after their
      // commit.
      const since = this.#position()
      const loaded = await read()
      if (since === null) throw notFollowing()
      this.#replace(loaded)
      this.#knownSince = since
      for (const { sequence, seats } of receivedMeanwhile) if (sequence > since.sequence) this.#merge(seats)
      return loaded.areas
    } finally {
      this.#receivedMeanwhile = null
    }
  }

  /** Facts may have been missed: the seats are unknown until they are loaded again. */
  unload(): void {
    this.#knownSince = null
  }

  /** Applies a fact. Returns false if it names an unknown seat: the event then has more seats. */
  receive(sequence: number, seats: readonly SeatFact[]): boolean {
    if (this.#receivedMeanwhile !== null) this.#receivedMeanwhile.push({ sequence, seats })
    else if (this.isLoaded) return this.#merge(seats)
    return true
  }

  /** The seats named since the last batch; null if there are none, or the seats are unknown. */
  takeBatch(now: number): Batch | null {
    const position = this.#position()
    if (position === null || !this.isLoaded || this.#named.size === 0) return null
    const seatNos = Uint32Array.from(this.#named).sort()
    this.#named.clear()
    this.#sent.push({ upTo: position.sequence, at: now, seatNos })
    this.#rememberedSeats += seatNos.length
    this.forgetOld(now)
    return { id: writePosition(position), seatNos }
  }

  /** The seats of all batches after a client's position; null if they are not known and the client needs a snapshot. */
  namedSince(clientPosition: string): Uint32Array | null {
    const here = this.#position()
    if (here === null || this.#knownSince === null) return null
    const sequence = sequenceIn(clientPosition, here)
    if (sequence === null || sequence < this.#knownSince.sequence || sequence > here.sequence) return null
    const seatNos = new Set<number>()
    for (const batch of this.#sent) if (batch.upTo > sequence) for (const seatNo of batch.seatNos) seatNos.add(seatNo)
    return Uint32Array.from(seatNos).sort()
  }

  /** The position of a client that has received all batches so far; null until the seats are loaded. */
  get lastId(): string | null {
    const since = this.#knownSince
    if (since === null) return null
    const { stream, sequence } = this.#named.size === 0 ? (this.#position() ?? since) : since
    return writePosition({ stream, sequence: Math.max(sequence, this.#sent.at(-1)?.upTo ?? 0) })
  }

  /** The current states of all seats; null if facts are not followed or the seats are not loaded. */
  snapshot(): { readonly position: string; readonly version: number; readonly seats: string } | null {
    const position = this.#position()
    if (position === null || !this.isLoaded) return null
    const packed = Buffer.alloc(Math.ceil(this.#states.length / 4))
    for (let seatNo = 0; seatNo < this.#states.length; seatNo += 1) {
      const at = seatNo >> 2
      packed[at] = (packed[at] ?? 0) | (this.codeOf(seatNo) << ((seatNo & 3) * 2))
    }
    return { position: writePosition(position), version: this.#layoutVersion, seats: packed.toString('base64') }
  }

  /** The current state of a seat as its code. A cancelled event has no free seats. */
  codeOf(seatNo: number): number {
    const code = this.#states[seatNo] ?? codes.blocked
    return this.#isCancelled && code === codes.available ? codes.blocked : code
  }

  hasSection(name: string): boolean {
    return this.#sectionNames.includes(name)
  }

  isInSection(seatNo: number, name: string): boolean {
    return this.#sectionNames[this.#sections[seatNo] ?? -1] === name
  }

  /** Forgets batches that are too old or too many. */
  forgetOld(now: number): void {
    for (let [oldest] = this.#sent; oldest !== undefined; [oldest] = this.#sent) {
      if (oldest.at >= now - rememberMs && this.#rememberedSeats <= maxRemembered) return
      this.#sent.shift()
      this.#rememberedSeats -= oldest.seatNos.length
      if (this.#knownSince !== null) this.#knownSince = { ...this.#knownSince, sequence: oldest.upTo }
    }
  }

  #merge(seats: readonly SeatFact[]): boolean {
    let isKnown = true
    for (const [seatNo, state, version] of seats) {
      if (seatNo >= this.#states.length) {
        isKnown = false
        continue
      }
      if (version > (this.#versions[seatNo] ?? 0)) {
        this.#states[seatNo] = codes[state]
        this.#versions[seatNo] = version
      }
      // Also without a change here: a client of another gateway may not have it.
      this.#named.add(seatNo)
    }
    this.#revision += 1
    return isKnown
  }

  #replace({ version, cancelled, rows }: SeatVersions): void {
    const seatCount = rows.reduce((most, row) => Math.max(most, row.first_seat_no + row.codes.length), 0)
    this.#layoutVersion = version
    this.#isCancelled = cancelled
    // A number without a seat shows as blocked: while stock is created, rows arrive in any order.
    this.#states = new Uint8Array(seatCount).fill(codes.blocked)
    this.#versions = new Uint32Array(seatCount)
    this.#sections = new Uint16Array(seatCount)
    const names = new Map<string, number>()
    for (const { section, first_seat_no: first, codes: ofSeats, versions } of rows) {
      const index = names.get(section) ?? names.size
      names.set(section, index)
      this.#states.set(Array.from(ofSeats, Number), first)
      this.#versions.set(versions, first)
      this.#sections.fill(index, first, first + ofSeats.length)
    }
    this.#sectionNames = [...names.keys()]
    this.#named.clear()
    this.#sent = []
    this.#rememberedSeats = 0
    this.#revision += 1
  }
}
