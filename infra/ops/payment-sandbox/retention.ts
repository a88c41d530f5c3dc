import type Logger from 'bunyan'
import { oldestOf, type Removal, type RetentionRule } from '#shared/retention/retention.ts'
import { deleteOldCallbacks } from './store/callbacks.ts'
import { deleteCharges, lockOldCharges, oldestCharge } from './store/old-charges.ts'

/** The ledger stays longer than our payments: the auditor would miss charges. */
const charges: RetentionRule = {
  name: 'charges',
  tables: ['sandbox.charges', 'sandbox.refunds'],
  remove: (postgres, { days, limit }) =>
    postgres.transaction(async (db): Promise<Removal> => {
      const old = await lockOldCharges(db, { days, limit })
      return { rows: await deleteCharges(db, old), isMore: old.length === limit }
    }),
  oldest: (db) => oldestOf(db, oldestCharge),
}

/** The rules of the sandbox. Callbacks that nobody ever accepted are given up with a warning. */
export function sandboxRetention(log: Logger): readonly RetentionRule[] {
  const callbacks: RetentionRule = {
    name: 'callbacks',
    tables: ['sandbox.callbacks'],
    async remove(postgres, { days, limit }) {
      const { deleted, undelivered } = await deleteOldCallbacks(postgres, { days, limit })
      if (undelivered > 0) log.warn({ callbacks: undelivered, days }, 'undelivered callbacks given up')
      return { rows: { 'sandbox.callbacks': deleted }, isMore: deleted === limit }
    },
    oldest: (db) => oldestOf(db, 'SELECT created_at AS at FROM sandbox.callbacks ORDER BY created_at LIMIT 1'),
  }
  return [charges, callbacks]
}
