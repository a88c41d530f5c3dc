import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import type { createEvent } from '#shared/contracts/organising.ts'
import type { Database } from '#shared/database/postgres.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { newId } from '#shared/ids.ts'
import { eventFact } from '../facts.ts'
import type { Sale } from '../sale-state.ts'
import { foldedTexts } from '../search/folded-texts.ts'

/** The source of all events made by organisers; importers cannot use it. */
export const organiserSource = 'organiser'

type NewEvent = ParsedRequestOf<typeof createEvent>

/** Stores a draft with its venue and performers, without seats. Returns its id. `startsAt`: null until its time is announced. */
export async function insertDraft(db: Database, event: NewEvent, startsAt: Date | null): Promise<string> {
  const id = newId()
  const { name, type, venue, performers } = event
  const description = event.description ?? null
  const folded = foldedTexts({ name, type, description, performers, venue: venue.name, city: venue.city ?? null })
  await db.query(
    `INSERT INTO event.events (id, source, source_id, name, type, description, status, venue_id, starts_on, starts_at, tz,
       on_sale_at, off_sale_at, cancel_until, max_tickets_per_user, currency,
       folded_name, folded_performers, folded_venue, folded_city, folded_type, folded_description, doors_at)
     VALUES ($1::uuid, $2, $1::uuid::text, $3, $4, $5, 'draft', $6, $7, $8, $9,
       $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
    [
      id,
      organiserSource,
      name,
      type,
      description,
      await venueId(db, venue),
      event.starts_on,
      startsAt,
      venue.tz,
      event.on_sale_at ?? null,
      event.off_sale_at ?? null,
      event.cancel_until ?? null,
      event.max_tickets_per_user,
      event.currency,
      folded.folded_name,
      folded.folded_performers,
      folded.folded_venue,
      folded.folded_city,
      folded.folded_type,
      folded.folded_description,
      event.doors_at ?? null,
    ],
  )
  await addLineUp(db, id, performers)
  return id
}

/**
 * Stores an organiser's change of the sale and its fact; the booking worker must already know it. Drops an end before the opening.
 * Otherwise the end stays as set, or unset, so that it still follows the event to another day.
 */
export async function updateSale(db: Database, sale: Sale & { id: string }, what: string): Promise<void> {
  const { id, status, saleStatus, onSaleAt } = sale
  const [updated] = await db.query<{ version: number }>(
    `UPDATE event.events SET status = $2, sale_status = $3, on_sale_at = $4,
       off_sale_at = CASE WHEN off_sale_at <= $4::timestamptz THEN NULL ELSE off_sale_at END, version = version + 1
     WHERE id = $1 RETURNING version`,
    [id, status, saleStatus, onSaleAt],
  )
  if (updated === undefined) throw new Error(`event ${id} vanished`)
  await addFact(db, 'event', eventFact(what, { ...sale, version: updated.version }))
}

/** Raises the version of an event and returns it. */
export async function raiseVersion(db: Database, eventId: string): Promise<number> {
  const [event] = await db.query<{ version: number }>(
    'UPDATE event.events SET version = version + 1 WHERE id = $1 RETURNING version',
    [eventId],
  )
  if (event === undefined) throw new Error(`event ${eventId} vanished`)
  return event.version
}

/** Two venues are the same only if every field is equal; otherwise one organiser could rename another one's venue. */
async function venueId(
  db: Database,
  { name, city, country, tz, address }: NewEvent['venue'],
): Promise<string | undefined> {
  const sourceId = JSON.stringify([
    name,
    city ?? null,
    country ?? null,
    tz,
    ...(address === undefined ? [] : [address]),
  ])
  await db.query(
    `INSERT INTO event.venues (id, source, source_id, name, city, country, address) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (source, source_id) DO NOTHING`,
    [newId(), organiserSource, sourceId, name, city ?? null, country ?? null, address ?? null],
  )
  const [venue] = await db.query<{ id: string }>('SELECT id FROM event.venues WHERE source = $1 AND source_id = $2', [
    organiserSource,
    sourceId,
  ])
  return venue?.id
}

async function addLineUp(db: Database, eventId: string, names: readonly string[]): Promise<void> {
  const performers = [...new Set(names)].map((name) => ({ id: newId(), name }))
  await db.query(
    `INSERT INTO event.performers (id, source, source_id, name)
     SELECT id, $1, name, name FROM json_to_recordset($2) AS r(id uuid, name text) ORDER BY name
     ON CONFLICT (source, source_id) DO NOTHING`,
    [organiserSource, JSON.stringify(performers)],
  )
  await db.query(
    `INSERT INTO event.event_performers (event_id, position, performer_id)
     SELECT $1::uuid, r.position, p.id FROM unnest($3::text[]) WITH ORDINALITY AS r(name, position)
     JOIN event.performers p ON p.source = $2 AND p.source_id = r.name`,
    [eventId, organiserSource, performers.map(({ name }) => name)],
  )
}
