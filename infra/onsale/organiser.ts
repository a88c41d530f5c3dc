import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import type { setWaitingRoom, WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { type Organiser, organise, Refusal, read, type Section } from '../bench/organise.ts'
import { ExplainedError } from '../explained-error.ts'

/* What an organiser does for an on-sale, over HTTP. */

/** What an organiser wants of a waiting room. */
type Room = Omit<RequestOf<typeof setWaitingRoom>, 'event_id'>
type EventView = ReplyOf<typeof viewEvent>

const seatsPerRow = 50
const rowsPerSection = { least: 4, most: 200 }
const sections = 5
const dearestMinor = 12_000

/** Rows of fifty in some five sections; what is left over is one more row. */
export function sectionsOf(seats: number): Section[] {
  const rows = Math.floor(seats / seatsPerRow)
  const each = Math.min(rowsPerSection.most, Math.max(rowsPerSection.least, Math.ceil(rows / sections)))
  const blocks: { rows: number; seats_per_row: number }[] = []
  for (let left = rows; left > 0; left -= each) blocks.push({ rows: Math.min(left, each), seats_per_row: seatsPerRow })
  if (seats % seatsPerRow > 0) blocks.push({ rows: 1, seats_per_row: seats % seatsPerRow })
  return blocks.map((block, index) => ({
    name: `Block ${index + 1}`,
    ...block,
    price_minor: Math.max(2_000, dearestMinor - 1_500 * index),
  }))
}

/**
 * Announces a draw among those who come before the opening. Answers false, and lets them wait in the order of their arrival, where the
 * event has had its draw or its queue before.
 */
export async function announceDraw(
  organiser: Organiser,
  eventId: string,
  room: Omit<Room, 'state' | 'draw'>,
  draw: Room['draw'],
): Promise<boolean> {
  try {
    await setRoom(organiser, eventId, { ...room, draw, state: 'pre_queue' })
    return true
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'draw_not_open') throw error
    const { draw: known } = await setRoom(organiser, eventId, { ...room, state: 'paused' })
    if (known === null || known.is_drawn) return false
    throw new ExplainedError(
      `The draw of this event has closed, and is held at ${known.opens_at}: send a crowd after that.`,
    )
  }
}

/** Answers what the event has of a draw. */
export function setRoom(organiser: Organiser, eventId: string, room: Room): Promise<Pick<WaitingRoom, 'draw'>> {
  return organise(organiser, 'PUT', `/admin/events/${eventId}/queue`, room)
}

/** What a crowd finds at an event: seats, those of them that are free, and places that it sells to one buyer at most. */
export interface Stock {
  readonly seats: number
  readonly available: number
  readonly maxPlaces: number
}

/** Throws `ExplainedError` for an event that is not on sale, or has no free seat. */
export async function stockOf(url: string, eventId: string): Promise<Stock> {
  const event = await read<EventView>(url, `/events/${eventId}`)
  const { status, on_sale_at, max_tickets_per_user: maxPlaces } = event.sale
  if (status !== 'on_sale') {
    const opening = status === 'announced' && on_sale_at !== null ? `, its sale opens at ${on_sale_at}` : ''
    throw new ExplainedError(`The event is not on sale: it is ${status}${opening}.`)
  }
  const { available } = await read<{ available: number }>(url, `/events/${eventId}/seats`)
  if (available === 0) throw new ExplainedError('This event has no free seat to sell.')
  return { seats: event.seat_count, available, maxPlaces }
}

/** Throws `ExplainedError` unless a gateway answers at a URL. */
export async function checkGateway(url: string): Promise<void> {
  await read(url, '/livez')
}
