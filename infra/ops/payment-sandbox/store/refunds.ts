import type { Database, Postgres } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { keyReused, Refusal } from '../answers.ts'
import type { Charge, Refund } from '../charge.ts'
import { type Books, changeAndTell } from './callbacks.ts'
import { findCharge } from './charges.ts'

interface RefundRequest {
  readonly chargeKey: string
  readonly refundKey: string
  readonly amountMinor: number
}

const refundColumns = 'id, idempotency_key, amount_minor'

/** `charge` as it stands afterwards. Not new: the refund was there before, and no money moved. */
interface Refunded {
  readonly charge: Charge
  readonly refund: Refund
  readonly isNew: boolean
}

/**
 * Gives back a part of a captured charge, at most once per refund key. Refunds of one charge wait for each other. Throws a refusal
 * where that cannot be.
 */
export function refundCharge(
  { db: postgres, describe }: Books & { readonly db: Postgres },
  { chargeKey, refundKey, amountMinor }: RefundRequest,
): Promise<Refunded> {
  return postgres.transaction(async (db): Promise<Refunded> => {
    const known = await findCharge(db, chargeKey, 'FOR UPDATE')
    if (known === undefined) throw new Refusal(404, { code: 'charge_not_found' })
    const { charge: before, token } = known

    const [earlier] = await db.query<Refund & { charge_id: string }>(
      `SELECT ${refundColumns}, charge_id FROM sandbox.refunds WHERE idempotency_key = $1`,
      [refundKey],
    )
    if (earlier !== undefined) {
      const { charge_id, ...refund } = earlier
      if (charge_id !== before.id || refund.amount_minor !== amountMinor) throw keyReused()
      return { charge: before, refund, isNew: false }
    }

    const { state, amount_minor, refunded_minor } = before
    if (amount_minor === null || (state !== 'captured' && state !== 'refunded')) {
      throw new Refusal(409, { code: 'not_captured' })
    }
    if (amountMinor > amount_minor - refunded_minor)
      throw new Refusal(409, { code: 'refund_exceeds_charge', ...before })

    const [refund] = await db.query<Refund>(
      `INSERT INTO sandbox.refunds (id, charge_id, idempotency_key, amount_minor) VALUES ($1, $2, $3, $4)
       ON CONFLICT (idempotency_key) DO NOTHING RETURNING ${refundColumns}`,
      [newId(), before.id, refundKey, amountMinor],
    )
    // The key was used for another charge, whose lock is not ours, since we looked.
    if (refund === undefined) throw keyReused()
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
    return { charge, refund, isNew: true }
  })
}

/** A refund and its charge as it stands now. */
export async function findRefund(
  db: Database,
  { chargeKey, refundKey }: { chargeKey: string; refundKey: string },
): Promise<{ charge: Charge; refund: Refund } | undefined> {
  const known = await findCharge(db, chargeKey)
  if (known === undefined) return undefined
  const [refund] = await db.query<Refund>(
    `SELECT ${refundColumns} FROM sandbox.refunds WHERE idempotency_key = $1 AND charge_id = $2`,
    [refundKey, known.charge.id],
  )
  return refund && { charge: known.charge, refund }
}
