import type { Database } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { recordedTraceparent } from '#shared/observability/tracing.ts'
import { type Fact, factSubject } from './fact.ts'

/** Schemas with a table `outbox`. */
export type OutboxSchema = 'event' | 'booking' | 'purchase'

/** Far below the 1 MB limit of a message. */
const maxPayloadBytes = 128 * 1024

/**
 * Writes a fact in the caller's transaction. It is published if and only if that commits, at least once, usually within
 * 100 ms. The payload is absolute state with a version; see `fact.ts`. Throws `RangeError` above 128 KiB.
 */
export function addFact(db: Database, schema: OutboxSchema, fact: Fact): Promise<void> {
  return addFacts(db, schema, [fact])
}

/** As `addFact` for any number of facts, in one statement. */
export async function addFacts(db: Database, schema: OutboxSchema, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return
  await db.execute(
    `INSERT INTO ${schema}.outbox (id, subject, payload, trace)
     SELECT id, subject, payload::jsonb, trace
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS fact (id, subject, payload, trace)`,
    [facts.map(newId), facts.map(factSubject), facts.map(payloadOf), facts.map(traceparentOf)],
  )
}

function traceparentOf(fact: Fact): string | null {
  return ('traceparent' in fact ? fact.traceparent : recordedTraceparent()) ?? null
}

function payloadOf(fact: Fact): string {
  const text = JSON.stringify(fact.payload)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxPayloadBytes)
    throw new RangeError(`${factSubject(fact)} has ${bytes} bytes, more than a fact may have`)
  return text
}
