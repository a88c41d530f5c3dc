import type { Queryable } from '#shared/database/postgres.ts'
import type { PagePosition } from '../search/page-cursor.ts'
import type { Place } from './find-events.ts'
import { dateOrder, positionOf } from './list-conditions.ts'
import { parameters } from './parameters.ts'

export interface VenueRow {
  readonly id: string
  readonly name: string
  readonly city: string | null
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
}

/** Undefined when there is no such venue. */
export async function readVenue(db: Queryable, id: string): Promise<VenueRow | undefined> {
  const [venue] = await db.query<VenueRow>(
    'SELECT id, name, city, country, latitude, longitude FROM event.venues WHERE id = $1',
    [id],
  )
  return venue
}

/** Undefined when there is no such performer. */
export async function readPerformer(db: Queryable, id: string): Promise<{ id: string; name: string } | undefined> {
  const [performer] = await db.query<{ id: string; name: string }>(
    'SELECT id, name FROM event.performers WHERE id = $1',
    [id],
  )
  return performer
}

/** Upcoming events at a venue or of a performer, by date, from `after` on. */
export async function findUpcomingOf(
  db: Queryable,
  of: { readonly venueId: string } | { readonly performerId: string },
  { after, wanted }: { readonly after: PagePosition | undefined; readonly wanted: number },
): Promise<Place[]> {
  const { values, parameter } = parameters()
  const isOfThese =
    'venueId' in of
      ? `e.venue_id = ${parameter(of.venueId)}`
      : `e.id IN (SELECT event_id FROM event.event_performers WHERE performer_id = ${parameter(of.performerId)})`
  const isBehind =
    after === undefined ? '' : `AND (${dateOrder}) > (${positionOf({ order: 'date' }, after, parameter, [])})`
  return await db.query<Place>(
    `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", 0 AS key, 0 AS fit, NULL AS event
     FROM event.events AS e
     WHERE ${isOfThese} AND e.status IN ('published', 'rescheduled')
       AND e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date ${isBehind}
     ORDER BY ${dateOrder} LIMIT ${parameter(wanted)}`,
    values,
  )
}
