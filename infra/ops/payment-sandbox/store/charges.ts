import { requestHash } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { keyReused } from '../answers.ts'
import type { Charge } from '../charge.ts'
import { behaviourOf, isKnown } from '../tokens.ts'
import { type Books, changeAndTell } from './callbacks.ts'

/*
 * Every change names the state it starts from, so that of two requests at once one finds nothing to change; how the charge
 * stands afterwards is known before, and reported in the same statement.
 */

interface ChargeRequest {
  readonly key: string
  readonly amount_minor: number
  readonly currency: string
  readonly token: string
}

export interface KnownCharge {
  readonly charge: Charge
  /** Null when it is not one of the sandbox's own. */
  readonly token: string | null
}

const columns = 'id, idempotency_key, amount_minor, refunded_minor, currency, state, decline_code'

interface CreatedCharge {
  readonly charge: Charge
  /** Of its creation; null when it was there before. */
  readonly eventId: string | null
}

/**
 * Makes the charge of a key, or answers the one that is there; a tombstone is answered as it is. Throws a refusal when the key came
 * before with another request.
 */
export async function createCharge(
  { db, describe }: Books,
  { key, ...request }: ChargeRequest,
): Promise<CreatedCharge> {
  const hash = requestHash(request)
  const { declineCode = null } = behaviourOf(request.token)
  const token = isKnown(request.token) ? request.token : null
  const charge = {
    id: newId(),
    idempotency_key: key,
    amount_minor: request.amount_minor,
    refunded_minor: 0,
    currency: request.currency,
    state: declineCode === null ? ('authorised' as const) : ('declined' as const),
    decline_code: declineCode,
  }
  const event = describe(token, { type: `charge.${charge.state}`, charge })
  const created = await changeAndTell(db, {
    statement: `INSERT INTO sandbox.charges
        (id, idempotency_key, request_hash, amount_minor, currency, state, decline_code, token)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (idempotency_key) DO NOTHING RETURNING id`,
    values: [charge.id, key, hash, charge.amount_minor, charge.currency, charge.state, declineCode, token],
    event,
  })
  if (created) return { charge, eventId: event.id }

  const [known] = await db.query<Charge & { reused: boolean }>(
    `SELECT ${columns}, request_hash IS NOT NULL AND request_hash <> $2 AS reused
     FROM sandbox.charges WHERE idempotency_key = $1`,
    [key, hash],
  )
  if (known === undefined) throw new Error('a charge has vanished')
  const { reused, ...knownCharge } = known
  if (reused) throw keyReused()
  return { charge: knownCharge, eventId: null }
}

/**
 * Captures what is authorised, or declines it for good where the token says so; doing it again changes nothing. Answers
 * the charge as it then stands.
 */
export function captureCharge(books: Books, key: string): Promise<Charge | undefined> {
  return endAuthorisation(books, key, (token) => {
    const { captureDeclineCode = null } = behaviourOf(token)
    return { state: captureDeclineCode === null ? 'captured' : 'declined', decline_code: captureDeclineCode }
  })
}

/**
 * Frees what is authorised, or leaves a tombstone under an unknown key, without a callback: it never was a charge.
 * Answers the charge as it then stands.
 */
export async function voidCharge(books: Books, key: string): Promise<Charge | undefined> {
  const [tombstone] = await books.db.query<Charge>(
    `INSERT INTO sandbox.charges (id, idempotency_key, state) VALUES ($1, $2, 'voided')
     ON CONFLICT (idempotency_key) DO NOTHING RETURNING ${columns}`,
    [newId(), key],
  )
  return tombstone ?? endAuthorisation(books, key, () => ({ state: 'voided', decline_code: null }))
}

/** A charge as it stands; with `FOR UPDATE` when the lock is had, which stays until the end of the transaction. */
export async function findCharge(
  db: Database,
  key: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<KnownCharge | undefined> {
  const [row] = await db.query<Charge & Pick<KnownCharge, 'token'>>(
    `SELECT ${columns}, token FROM sandbox.charges WHERE idempotency_key = $1 ${lock}`,
    [key],
  )
  if (row === undefined) return undefined
  const { token, ...charge } = row
  return { charge, token }
}

/** Charges, oldest first, after the one of that id, of those that changed since a time or all. Tombstones never were charges. */
export function listCharges(
  db: Database,
  { after, changedSince, limit }: { after: string | null; changedSince: string | null; limit: number },
): Promise<Charge[]> {
  return db.query<Charge>(
    `SELECT ${columns} FROM sandbox.charges
     WHERE amount_minor IS NOT NULL AND ($1::uuid IS NULL OR id > $1) AND changed_at >= coalesce($3::timestamptz, '-infinity')
     ORDER BY id LIMIT $2`,
    [after, limit, changedSince],
  )
}

/** Answers the charge as it then stands, also when somebody else was faster, or it was not authorised. */
async function endAuthorisation(
  { db, describe }: Books,
  key: string,
  ending: (token: string | null) => { state: 'captured' | 'declined' | 'voided'; decline_code: string | null },
): Promise<Charge | undefined> {
  const known = await findCharge(db, key)
  if (known?.charge.state !== 'authorised') return known?.charge
  const { state, decline_code } = ending(known.token)
  const charge = { ...known.charge, state, decline_code }
  const changed = await changeAndTell(db, {
    statement: `UPDATE sandbox.charges SET state = $2, decline_code = $3, changed_at = now()
      WHERE id = $1 AND state = 'authorised' RETURNING id`,
    values: [charge.id, state, decline_code],
    event: describe(known.token, { type: `charge.${state}`, charge }),
  })
  return changed ? charge : (await findCharge(db, key))?.charge
}
