import { type Invariant, isOverdue, isWatched } from './invariant.ts'

const outboxes = ['event', 'booking', 'purchase']
/** A relay passes several times a second; a minute outlives a NATS server that is being restarted. */
const publishedWithin = `interval '1 minute'`

/** Seats whose last fact is younger are judged: of each of them all facts that count are among those read, in whatever order they went. */
const judgedWithin = `interval '1 minute'`
const readWithin = `interval '2 minutes'`

/** Changes are published. */
export const messageInvariants: readonly Invariant[] = [
  {
    id: 'I18',
    says: 'every fact in an outbox is published within a minute',
    violations: outboxes
      .map(
        (schema) => `
      SELECT format('${schema} fact %s', id) AS example
      FROM ${schema}.outbox WHERE published_at IS NULL AND ${isOverdue('created_at', publishedWithin)}`,
      )
      .join(' UNION ALL '),
  },
  {
    // In one snapshot: a change and its fact are one commit. Streams of seats show what facts say, and nothing else.
    id: 'I19',
    says: 'the last change of every seat that changed in the last minute is in a fact',
    violations: `
      WITH told AS (
        SELECT split_part(subject, '.', 4)::uuid AS event_id, (seat ->> 0)::int AS seat_no, max((seat ->> 2)::bigint) AS version
        FROM (SELECT * FROM booking.outbox WHERE published_at IS NULL
          UNION ALL SELECT * FROM booking.outbox WHERE published_at > now() - ${readWithin}) AS fact
        CROSS JOIN LATERAL jsonb_array_elements(payload -> 'seats') AS seat
        GROUP BY 1, 2 HAVING max(created_at) > now() - ${judgedWithin})
      SELECT format('event %s seat %s: version %s, told %s', event_id, seat_no, seat.version, told.version) AS example
      FROM told JOIN booking.event_seats AS seat USING (event_id, seat_no)
      WHERE ${isWatched('event_id')} AND seat.version <> told.version`,
  },
]
