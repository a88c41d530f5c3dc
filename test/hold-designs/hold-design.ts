import type { LabDatabase } from './lab-database.ts'

/** One way to keep a seat for a buyer who is still thinking. */
export interface HoldDesign {
  readonly name: string
  /** Starts whatever it needs beside its table, which is there and has only free seats. */
  open(lab: Lab): Promise<OpenHoldDesign>
}

/** What every design gets, all the same. */
export interface Lab {
  /** Finds the design's own table as `seats`. */
  readonly database: LabDatabase
  readonly redisUrl: string
  readonly holdTtlMs: number
  /** How often a job may clear up, for a design that needs one. */
  readonly sweepEveryMs: number
}

export interface OpenHoldDesign {
  /** All of the seats or none: `null` when one of them is taken. Throws `OutOfTime` when nobody can tell in time. */
  hold(seatNos: readonly number[]): Promise<HeldSeats | null>
  /** Waits for what it still has under way. */
  close(): Promise<void>
}

/** Seats that a buyer was promised for the time of a hold. A buyer who vanishes calls neither. */
export interface HeldSeats {
  /** Whether the seats are now the buyer's for good; a hold that ran out may have lost them. */
  buy(): Promise<boolean>
  release(): Promise<void>
}
