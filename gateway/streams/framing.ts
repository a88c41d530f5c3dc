import type { AreaState } from '#shared/contracts/seats.ts'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import type { HoldPayload } from '#shared/facts/places.ts'

/* Messages of a stream as bytes, in the form of server-sent events. Each is made once, for all streams that get it. */

/** A changed seat: its number and the code of its state. */
export type SeatChange = readonly [seatNo: number, code: number]

/** Why a stream ends although its client is there. */
export type ByeReason = 'renew' | 'stopping'

/** What `reset` shows, beside the areas. */
export interface Snapshot {
  readonly position: string
  readonly version: number
  readonly seats: string
}

/** How long a client waits before it connects again after an interruption, in milliseconds. */
const retryMs = 2_000

export const greeting = Buffer.from(`retry: ${retryMs}\n\n`)

export function resetMessage(snapshot: Snapshot, areas: readonly AreaState[]): Buffer {
  return message('reset', { ...snapshot, areas }, snapshot.position)
}

/** `areas`: all of them; undefined where no count changed. */
export function seatsMessage(
  id: string,
  { seats, areas }: { readonly seats: readonly SeatChange[]; readonly areas: readonly AreaState[] | undefined },
): Buffer {
  return message('seats', { seats, areas }, id)
}

export function holdMessage({ hold_id, status, expires_in_ms }: HoldPayload): Buffer {
  return message('hold', { hold_id, status, expires_in_ms })
}

/** The reader's own place in the queue. */
export function placeMessage(place: Partial<QueuePlace> & Pick<QueuePlace, 'state'>): Buffer {
  return message('place', place)
}

/** `retryAfterMs`: when the client is to connect again. */
export function byeMessage(reason: ByeReason, retryAfterMs: number): Buffer {
  return Buffer.concat([Buffer.from(`retry: ${retryAfterMs}\n`), message('bye', { reason })])
}

/** Shows that the connection is alive, and moves the client's position on without an event. */
export function heartbeat(id: string | null): Buffer {
  return Buffer.from(id === null ? ': \n\n' : `id: ${id}\n\n`)
}

/** JSON has no line breaks, so one line holds it. */
function message(event: string, data: object, id?: string): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
