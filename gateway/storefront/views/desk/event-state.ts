import type { viewInvariants } from '#shared/contracts/audit.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import type { viewEventRefunds } from '#shared/contracts/purchase.ts'
import type { viewReport } from '#shared/contracts/reports.ts'
import type { viewServing, WaitingRoom } from '#shared/contracts/waiting-room.ts'
import type { StaffState } from '../staff-frame.ts'
import type { ChangeState } from './change-form.ts'

export type DeskEvent = ReplyOf<typeof viewEvent>
export type SaleAction = 'publish' | 'pause' | 'resume' | 'cancel'
export type RoomAction = 'open-room' | 'pause-room' | 'resume-room' | 'close-room'
/** `speed`: its form is always there. */
export type EventChange = SaleAction | RoomAction | 'speed'

export interface DeskEventState extends StaffState, ChangeState<EventChange> {
  readonly eventId: string
  readonly event: DeskEvent | null
  readonly report: ReplyOf<typeof viewReport> | null
  readonly room: WaitingRoom | null
  /** Null while the room is off. */
  readonly serving: ReplyOf<typeof viewServing> | null
  /** `no answer`: the auditor was asked in vain. */
  readonly invariants: ReplyOf<typeof viewInvariants> | 'no answer' | null
  /** Of a cancelled event. */
  readonly refunds: ReplyOf<typeof viewEventRefunds> | null
  /** The figures may be old: an answer is missing, or the page was hidden. */
  readonly isLate: boolean
}

/** What the present state of an event allows its organiser to do with the sale. */
export function saleActions({ status, sale, seat_count, areas }: DeskEvent): SaleAction[] {
  if (status === 'cancelled') return []
  if (status === 'draft') return ['publish', 'cancel']
  const hasPlaces = seat_count > 0 || areas.length > 0
  if (!hasPlaces || status === 'postponed' || sale.status === 'off_sale') return ['cancel']
  return [sale.status === 'paused' ? 'resume' : 'pause', 'cancel']
}

/** What can be done with a waiting room. Before a draw it is not paused: what was set is not shown until the draw is held. */
export function roomActions({ state }: WaitingRoom): RoomAction[] {
  switch (state) {
    case 'off':
      return ['open-room']
    case 'pre_queue':
      return ['close-room']
    case 'open':
      return ['pause-room', 'close-room']
    case 'paused':
      return ['resume-room', 'close-room']
  }
}

/** How many places of a queue were not called yet. */
export function waitingIn({ serving, issued, gaps }: ReplyOf<typeof viewServing>): number {
  const missing = gaps.reduce((sum, [first = 0, last = -1]) => {
    return sum + Math.max(0, last - Math.max(first, serving + 1) + 1)
  }, 0)
  return Math.max(0, issued - serving - missing)
}
