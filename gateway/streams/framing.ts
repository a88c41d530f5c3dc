import type { AreaState } from '#shared/contracts/seats.ts'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import type { HoldPayload } from '#shared/facts/places.ts'

/* Messages of a stream as bytes, in the format of server-sent events. Each message is made once for all streams that get it. */

/** A changed seat: its number and the code of its state. */
export type SeatChange = readonly [seatNo: number, code: number]

/** Why the server ends a stream whose client is still connected. */
export type ByeReason = 'renew' | 'stopping'

/** The content of `reset`, besides the areas. */
export interface Snapshot {
  readonly position: string
  readonly version: number
  readonly seats: string
}

/** How long a client waits before it connects again after an interruption, in milliseconds. */
const retryMs = 2_000

export const greeting = Buffer.from(`retry: ${retryMs}\n\n`)

/** Replaces everything that the client knows. */
export function resetMessage(snapshot: Snapshot, areas: readonly AreaState[]): Buffer {
  return message('reset', { ...snapshot, areas }, snapshot.position)
}

/** Changed seats. `areas`: all areas; undefined if no count changed. `id`: null: the client's position stays. */
export function seatsMessage(
  id: string | null,
  { seats, areas }: { readonly seats: readonly SeatChange[]; readonly areas: readonly AreaState[] | undefined },
): Buffer {
  return message('seats', { seats, areas }, id ?? undefined)
}

/** A change of the caller's own hold. */
export function holdMessage({ hold_id, status, expires_in_ms }: HoldPayload): Buffer {
  return message('hold', { hold_id, status, expires_in_ms })
}

/** The reader's own place in the queue. */
export function placeMessage(place: Partial<QueuePlace> & Pick<QueuePlace, 'state'>): Buffer {
  return message('place', place)
}

/** `retryAfterMs`: when the client should reconnect. */
export function byeMessage(reason: ByeReason, retryAfterMs: number): Buffer {
  return Buffer.concat([Buffer.from(`retry: ${retryAfterMs}\n`), message('bye', { reason })])
}

/** Shows that the connection is alive, and advances the client's position. An event, because an `EventSource` hides comments. */
export function heartbeat(id: string | null): Buffer {
  return seatsMessage(id, { seats: [], areas: undefined })
}

/** JSON has no line breaks, so it fits in one `data` line. */
function message(event: string, data: object, id?: string): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
