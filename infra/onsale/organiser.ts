import { ExplainedError } from '../explained-error.ts'

/* What an organiser does for an on-sale, over HTTP. */

export interface Organiser {
  readonly url: string
  readonly key: string
}

export interface Room {
  /** `pre_queue`: a draw decides the order of those who come before the opening. */
  readonly state: 'pre_queue' | 'paused' | 'open'
  readonly callsPerMinute: number
  readonly maxActive: number
  readonly claimS: number
  readonly sessionS: number
  readonly idleS: number
  /** Whether the rate follows what the system bears. */
  readonly adaptive: boolean
  readonly draw?: { readonly closesAt: Date; readonly opensAt: Date }
}

class Refusal extends ExplainedError {
  readonly code: unknown

  constructor(message: string, code: unknown) {
    super(message)
    this.code = code
  }
}

const seatsPerRow = 50
const rowsPerSection = { least: 4, most: 200 }
const sections = 5
const dearestMinor = 12_000

/** An event with so many seats, published and so on sale. Answers its id. */
export async function createEvent(
  organiser: Organiser,
  { name, seats }: { name: string; seats: number },
): Promise<string> {
  const created = await organise(organiser, 'POST', '/admin/events', {
    name,
    venue: { name: 'Great Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
    starts_on: '2099-06-01',
    starts_at_local: '20:00',
    sections: sectionsOf(seats),
  })
  const id = String(created.id)
  await organise(organiser, 'POST', `/admin/events/${id}/publish`, {})
  return id
}

/** Rows of fifty in some five sections; what is left over is one more row. */
export function sectionsOf(
  seats: number,
): { name: string; rows: number; seats_per_row: number; price_minor: number }[] {
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
  room: Omit<Room, 'state'> & Required<Pick<Room, 'draw'>>,
): Promise<boolean> {
  try {
    await setRoom(organiser, eventId, { ...room, state: 'pre_queue' })
    return true
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'draw_not_open') throw error
    const { draw: _, ...withoutDraw } = room
    await setRoom(organiser, eventId, { ...withoutDraw, state: 'paused' })
    return false
  }
}

export async function setRoom(organiser: Organiser, eventId: string, room: Room): Promise<void> {
  await organise(organiser, 'PUT', `/admin/events/${eventId}/queue`, {
    state: room.state,
    calls_per_minute: room.callsPerMinute,
    max_active: room.maxActive,
    claim_s: room.claimS,
    session_s: room.sessionS,
    idle_s: room.idleS,
    adaptive: room.adaptive,
    ...(room.draw && {
      draw: { closes_at: room.draw.closesAt.toISOString(), opens_at: room.draw.opensAt.toISOString() },
    }),
  })
}

async function organise(
  { url, key }: Organiser,
  method: 'POST' | 'PUT',
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  const answer = (await response.json()) as Record<string, unknown>
  if (response.ok) return answer
  const { code, detail } = answer
  throw new Refusal(`${method} ${path} was answered by ${response.status}, ${code}: ${detail}`, code)
}
