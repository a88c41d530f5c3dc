import type { Queryable } from '#shared/database/postgres.ts'

export interface VenueRow {
  readonly id: string
  readonly name: string
  readonly city: string | null
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  /** Absent if it is not known. */
  readonly address?: string
}

/** Undefined if there is no such venue. */
export async function readVenue(db: Queryable, id: string): Promise<VenueRow | undefined> {
  const [venue] = await db.query<Omit<VenueRow, 'address'> & { address: string | null }>(
    'SELECT id, name, city, country, latitude, longitude, address FROM event.venues WHERE id = $1',
    [id],
  )
  if (venue === undefined) return undefined
  const { address, ...known } = venue
  return address === null ? known : { ...known, address }
}

/** Undefined if there is no such performer. */
export async function readPerformer(db: Queryable, id: string): Promise<{ id: string; name: string } | undefined> {
  const [performer] = await db.query<{ id: string; name: string }>(
    'SELECT id, name FROM event.performers WHERE id = $1',
    [id],
  )
  return performer
}
