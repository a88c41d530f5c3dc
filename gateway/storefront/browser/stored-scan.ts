import type { WrongEntry } from '../views/door/door-state.ts'

/** A scan that a device at the door keeps. */
export interface StoredScan {
  readonly event_id: string
  readonly scan_id: string
  readonly code: string
  readonly gate: string
  /** ISO 8601, UTC. */
  readonly scanned_at: string
  /** The ticket that entered; else null. */
  readonly ticket_id: string | null
  /**
   * `asked`: sent without an answer, so a further scan of this code gets the same id; `waiting`: let in by this device, to be sent;
   * `settled`: let in by the gateway's answer, and not on the list yet.
   */
  readonly state: 'asked' | 'waiting' | 'settled'
  /** When its answer came, by the clock of this device; null before. */
  readonly settled_at: string | null
}

export type StoredWrongEntry = WrongEntry & { readonly event_id: string }

/** Where scans survive a reload. Rejects when the device is full. */
export interface ScanStore {
  /** The scans of an event, in their order. */
  scans(eventId: string): Promise<readonly StoredScan[]>
  wrongEntries(eventId: string): Promise<readonly StoredWrongEntry[]>
  deleteWrongEntry(scanId: string): Promise<void>
  /** Stores scans and wrong entries together or not at all. `null` deletes a scan. */
  putScans(changes: ReadonlyMap<string, StoredScan | null>, wrong?: readonly StoredWrongEntry[]): Promise<void>
}
