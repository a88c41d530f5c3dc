import type { Database, Postgres } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import type { Charge, Refund } from '../charge.ts'
import { changeAndTell, type DescribeChange } from './callbacks.ts'
import { findCharge, lockCharge } from './charges.ts'

export interface RefundRequest {
  readonly chargeKey: string
  readonly refundKey: string
  readonly amountMinor: number
}

/** `charge` as it stands afterwards. `repeated`: the refund was there before, and no money moved. */
export type RefundOutcome =
  | { readonly result: 'refunded' | 'repeated'; readonly charge: Charge; readonly refund: Refund }
  | { readonly result: 'exceeds'; readonly charge: Charge }
  | { readonly result: 'unknown charge' | 'key reused' | 'not captured' }

type KnownRefund = Refund & { readonly charge_id: string }

const refundColumns = 'id, idempotency_key, amount_minor'

/** Gives back a part of a captured charge, at most once per refund key. Refunds of one charge wait for each other. */
export function refundCharge(
  postgres: Postgres,
  describe: DescribeChange,
  { chargeKey, refundKey, amountMinor }: RefundRequest,
): Promise<RefundOutcome> {
  return postgres.transaction(async (db): Promise<RefundOutcome> => {
    const locked = await lockCharge(db, chargeKey)
    if (locked === undefined) return { result: 'unknown charge' }
    const { token, ...before } = locked

    const [known] = await db.query<KnownRefund>(
      `SELECT ${refundColumns}, charge_id FROM sandbox.refunds WHERE idempotency_key = $1`,
      [refundKey],
    )
    if (known !== undefined) {
      const { charge_id, ...refund } = known
      const isSame = charge_id === before.id && refund.amount_minor === amountMinor
      return isSame ? { result: 'repeated', charge: before, refund } : { result: 'key reused' }
    }

    const { state, amount_minor, refunded_minor } = before
    if (amount_minor === null || (state !== 'captured' && state !== 'refunded')) return { result: 'not captured' }
    if (amountMinor > amount_minor - refunded_minor) return { result: 'exceeds', charge: before }

    const [refund] = await db.query<Refund>(
      `INSERT INTO sandbox.refunds (id, charge_id, idempotency_key, amount_minor) VALUES ($1, $2, $3, $4)
       ON CONFLICT (idempotency_key) DO NOTHING RETURNING ${refundColumns}`,
      [newId(), before.id, refundKey, amountMinor],
    )
    // The key was used for another charge, whose lock is not ours, since we looked.
    if (refund === undefined) return { result: 'key reused' }
    const refunded = refunded_minor + amountMinor
    const charge: Charge = {
      ...before,
      refunded_minor: refunded,
      state: refunded === amount_minor ? 'refunded' : 'captured',
    }
    await changeAndTell(db, {
      statement:
        'UPDATE sandbox.charges SET refunded_minor = $2, state = $3, changed_at = now() WHERE id = $1 RETURNING id',
      values: [charge.id, charge.refunded_minor, charge.state],
      event: describe(token, { type: 'charge.refunded', charge, refund }),
    })
    return { result: 'refunded', charge, refund }
  })
}

/** A refund and its charge as it stands now. */
export async function findRefund(
  db: Database,
  { chargeKey, refundKey }: { chargeKey: string; refundKey: string },
): Promise<{ charge: Charge; refund: Refund } | undefined> {
  const charge = await findCharge(db, chargeKey)
  if (charge === undefined) return undefined
  const [refund] = await db.query<Refund>(
    `SELECT ${refundColumns} FROM sandbox.refunds WHERE idempotency_key = $1 AND charge_id = $2`,
    [refundKey, charge.id],
  )
  return refund && { charge, refund }
}
