import type { WaitingRoom } from '#shared/contracts/waiting-room.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { showDrawSummary } from './draw-view.ts'
import { findDraw } from './store/draws.ts'
import { findWaitingRoom } from './store/waiting-rooms.ts'

/** The public form of an event's waiting room: in the pre-queue until its draw is held. Undefined if it never had a room. */
export async function showWaitingRoom(db: Queryable, eventId: string): Promise<WaitingRoom | undefined> {
  const [room, draw] = await Promise.all([findWaitingRoom(db, eventId), findDraw(db, eventId)])
  if (room === undefined) return undefined
  const isAhead = draw !== undefined && draw.seed === null && room.state !== 'off'
  const { onSaleAt, ...settings } = room
  return {
    ...settings,
    state: isAhead ? 'pre_queue' : room.state,
    opens_at: onSaleAt?.toISOString() ?? null,
    draw: draw === undefined ? null : showDrawSummary(draw),
  }
}
