import { requestHash } from '#shared/idempotency.ts'
import { newId } from '#shared/ids.ts'
import type { Database } from '#shared/postgres.ts'

/** As it is answered. A tombstone has neither amount nor currency. */
export interface Charge {
  readonly id: string
  readonly idempotency_key: string
  readonly amount_minor: number | null
  readonly refunded_minor: number
  readonly currency: string | null
  readonly state: 'authorised' | 'captured' | 'voided' | 'declined'
  readonly decline_code: string | null
}

export interface ChargeRequest {
  readonly key: string
  readonly amount_minor: number
  readonly currency: string
  readonly token: string
}

// The sandbox knows no refunds.
const columns = 'id, idempotency_key, amount_minor, 0 AS refunded_minor, currency, state, decline_code'

/**
 * Makes the charge of a key, or answers the one that is there. `reused` when the key came with another request; a
 * tombstone is answered as it is.
 */
export async function createCharge(
  db: Database,
  { key, ...request }: ChargeRequest,
  declineCode: string | null,
): Promise<{ charge: Charge; created: boolean; reused: boolean }> {
  const hash = requestHash(request)
  const [created] = await db.query<Charge>(
    `INSERT INTO sandbox.charges (id, idempotency_key, request_hash, amount_minor, currency, state, decline_code)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (idempotency_key) DO NOTHING RETURNING ${columns}`,
    [
      newId(),
      key,
      hash,
      request.amount_minor,
      request.currency,
      declineCode === null ? 'authorised' : 'declined',
      declineCode,
    ],
  )
  if (created) return { charge: created, created: true, reused: false }
  const [known] = await db.query<Charge & { reused: boolean }>(
    `SELECT ${columns}, request_hash IS NOT NULL AND request_hash <> $2 AS reused
     FROM sandbox.charges WHERE idempotency_key = $1`,
    [key, hash],
  )
  if (known === undefined) throw new Error('a charge has vanished')
  const { reused, ...charge } = known
  return { charge, created: false, reused }
}

/** Captures what is authorised; doing it again changes nothing. Answers the charge as it then stands. */
export async function captureCharge(db: Database, key: string): Promise<Charge | undefined> {
  const [captured] = await db.query<Charge>(
    `UPDATE sandbox.charges SET state = 'captured'
     WHERE idempotency_key = $1 AND state = 'authorised' RETURNING ${columns}`,
    [key],
  )
  return captured ?? (await findCharge(db, key))
}

/** Frees what is authorised, or leaves a tombstone under an unknown key. Answers the charge as it then stands. */
export async function voidCharge(db: Database, key: string): Promise<Charge | undefined> {
  const [voided] = await db.query<Charge>(
    `INSERT INTO sandbox.charges AS known (id, idempotency_key, state) VALUES ($1, $2, 'voided')
     ON CONFLICT (idempotency_key) DO UPDATE SET state = 'voided' WHERE known.state = 'authorised'
     RETURNING ${columns}`,
    [newId(), key],
  )
  return voided ?? (await findCharge(db, key))
}

export async function findCharge(db: Database, key: string): Promise<Charge | undefined> {
  const [charge] = await db.query<Charge>(`SELECT ${columns} FROM sandbox.charges WHERE idempotency_key = $1`, [key])
  return charge
}

/** All charges ever asked for, oldest first, after the one of that id. Tombstones never were charges. */
export function listCharges(
  db: Database,
  { after, limit }: { after: string | null; limit: number },
): Promise<Charge[]> {
  return db.query<Charge>(
    `SELECT ${columns} FROM sandbox.charges
     WHERE amount_minor IS NOT NULL AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2`,
    [after, limit],
  )
}
