import type { recordScans, ScanOutcome } from '#shared/contracts/check-in.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { StaffState } from '../staff-frame.ts'

type Scan = ReplyOf<typeof recordScans>['items'][number]

/** What the page says about a ticket, over the whole screen. */
export interface DoorAnswer extends Pick<Scan, 'ticket' | 'entered'> {
  /** `undecided`: without a connection this device could not decide. */
  readonly outcome: ScanOutcome | 'undecided'
  /** Decided by this device. */
  readonly isOffline: boolean
}

/** Somebody was let in without a connection, and the gateway would not have done so. */
export interface WrongEntry extends Pick<Scan, 'scan_id' | 'ticket' | 'entered'> {
  readonly outcome: Exclude<ScanOutcome, 'admitted'>
  /** When this device let them in, and at which gate. */
  readonly at: string
  readonly gate: string
}

export type CameraState = 'off' | 'starting' | 'on' | 'refused' | 'none'

export interface DoorState extends StaffState {
  readonly eventId: string
  readonly event: { readonly name: string; readonly tz: string | null } | null
  /** The name of this device's gate; null until it was chosen. */
  readonly gate: string | null
  readonly isChoosingGate: boolean
  readonly gateFault: string | null
  readonly camera: CameraState
  readonly isChecking: boolean
  readonly codeFault: string | null
  readonly answer: DoorAnswer | null
  /** Tickets that entered, and all that are not void: as the gateway or the list said last. */
  readonly figures: { readonly admitted: number; readonly tickets: number } | null
  readonly isOnline: boolean
  /** Scans that wait to be sent: all of people who were let in. */
  readonly waiting: number
  /** Somebody wanted to sign out while scans waited. */
  readonly wantedToLeave: boolean
  readonly wrongEntries: readonly WrongEntry[]
  readonly list: { readonly loadedAt: string; readonly tickets: number } | null
  readonly isLoadingList: boolean
  readonly hasListFault: boolean
  /** False where the browser stores nothing. */
  readonly isStored: boolean
  /** False where the page cannot be opened again without a connection. */
  readonly opensOffline: boolean
}
