import type { AreaState, SeatVersions } from '#shared/contracts/seats.ts'
import { TicketingError } from '#shared/errors.ts'
import type { SeatFact } from '#shared/facts/places.ts'
import { sequenceIn, writePosition } from '#shared/facts/position.ts'
import type { FactPosition } from '#shared/facts/stream.ts'

/** How long changes are remembered for streams that come back, and how many seats at most, some counted more than once. */
const rememberMs = 30_000
const maxRemembered = 500_000

/** Nothing can be said of seats while facts are not followed. */
export function notFollowing(): TicketingError {
  return new TicketingError('unavailable', 'Changes of seats cannot be followed now; try again shortly.')
}

/** Codes of states, as clients get them. */
const codes: Readonly<Record<SeatFact[1], number>> = { available: 0, held: 1, sold: 2, blocked: 3 }

/** Seats that were named since the batch before. */
export interface Batch {
  /** The position up to which a client knows everything that has got this batch and those before. */
  readonly id: string
  /** Ascending. */
  readonly seatNos: Uint32Array
}

interface SentBatch {
  /** Number of the last fact that had been heard. */
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
 * The seats of one event, as told by facts that may come twice, late and in any order. At position p it has, for every seat, at least
 * the highest version told up to p; so does every client with the id p. See README.md for why.
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
  /** Seats that facts have named since the last batch, whether or not that changed anything here. */
  readonly #named = new Set<number>()
  #sent: SentBatch[] = []
  #rememberedSeats = 0
  /** Every seat that a later fact has named is among those sent since, or still named. Null until the seats are loaded. */
  #knownSince: FactPosition | null = null
  /** What is heard while the seats are loaded. */
  #heardMeanwhile: NamedSeats[] | null = null
  #revision = 0

  /** `position`: up to where facts have been heard; null while they are not followed. */
  constructor(position: () => FactPosition | null) {
    this.#position = position
  }

  get isLoaded(): boolean {
    return this.#knownSince !== null
  }

  /** Another number after every change of what a snapshot shows. */
  get revision(): number {
    return this.#revision
  }

  get seatCount(): number {
    return this.#states.length
  }

  get hasNamed(): boolean {
    return this.#named.size > 0
  }

  /**
   * Loads all seats, for the first time or anew, and answers the areas. Throws what `read` throws, and `unavailable` while facts are not
   * followed; the seats are not loaded then.
   */
  async load(read: () => Promise<SeatVersions>): Promise<readonly AreaState[]> {
    const heardMeanwhile: NamedSeats[] = []
    this.#heardMeanwhile = heardMeanwhile
    this.#knownSince = null
    try {
      // Before the seats are read, so that they have every change told up to here: facts are told after their commit.
      const since = this.#position()
      const house = await read()
      if (since === null) throw notFollowing()
      this.#replace(house)
      this.#knownSince = since
      for (const { sequence, seats } of heardMeanwhile) if (sequence > since.sequence) this.#merge(seats)
      return house.areas
    } finally {
      this.#heardMeanwhile = null
    }
  }

  /** Facts may have been missed: nothing can be said of the seats until they are loaded anew. */
  unload(): void {
    this.#knownSince = null
  }

  /** Takes in what a fact says. Answers false when it names a seat that is not in the house: then the house has grown. */
  hear(sequence: number, seats: readonly SeatFact[]): boolean {
    if (this.#heardMeanwhile !== null) this.#heardMeanwhile.push({ sequence, seats })
    else if (this.isLoaded) return this.#merge(seats)
    return true
  }

  /** The seats named since the last batch; null when there are none, and while nothing can be said of them. */
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

  /** The seats of all batches that end after a client's position; null when that cannot be told, and a snapshot must come first. */
  namedSince(clientPosition: string): Uint32Array | null {
    const here = this.#position()
    if (here === null || this.#knownSince === null) return null
    const sequence = sequenceIn(clientPosition, here)
    if (sequence === null || sequence < this.#knownSince.sequence || sequence > here.sequence) return null
    const seatNos = new Set<number>()
    for (const batch of this.#sent) if (batch.upTo > sequence) for (const seatNo of batch.seatNos) seatNos.add(seatNo)
    return Uint32Array.from(seatNos).sort()
  }

  /** The position up to which a client knows everything that has got all batches so far; null until the seats are loaded. */
  get lastId(): string | null {
    const since = this.#knownSince
    if (since === null) return null
    const { stream, sequence } = this.#named.size === 0 ? (this.#position() ?? since) : since
    return writePosition({ stream, sequence: Math.max(sequence, this.#sent.at(-1)?.upTo ?? 0) })
  }

  /** All seats as they are now; null while facts are not followed or the seats are not loaded. */
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

  /** The present state of a seat as its code. Nothing of a cancelled event is free. */
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

  /** Forgets batches that are too old, or too many. */
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
      // Also where nothing changed: a client of another gateway may not know it yet.
      this.#named.add(seatNo)
    }
    this.#revision += 1
    return isKnown
  }

  #replace({ version, cancelled, rows }: SeatVersions): void {
    const seatCount = rows.reduce((most, row) => Math.max(most, row.first_seat_no + row.codes.length), 0)
    this.#layoutVersion = version
    this.#isCancelled = cancelled
    // A number without a seat shows as blocked: while an event is being stocked, rows may come in any order.
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
