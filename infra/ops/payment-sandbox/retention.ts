import type Logger from 'bunyan'
import { daysInterval, oldestOf, type RetentionRule } from '#shared/retention/retention.ts'

/** The rules of the sandbox. Callbacks that nobody ever accepted are given up with a warning. */
export function sandboxRetention(log: Logger): readonly RetentionRule[] {
  return [
    {
      // Not longer than payments: the auditor would find charges without a payment.
      name: 'charges',
      tables: ['sandbox.charges', 'sandbox.refunds'],
      remove: (postgres, { days, limit }) =>
        postgres.transaction(async (db) => {
          const old = await db.query<{ id: string }>(
            `SELECT id FROM sandbox.charges WHERE changed_at < now() - ${daysInterval('$1')}
             ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
            [days, limit],
          )
          if (old.length === 0) return { rows: {}, isMore: false }
          const ids = [old.map(({ id }) => id)]
          const refunds = await db.query(
            'DELETE FROM sandbox.refunds WHERE charge_id = ANY($1::uuid[]) RETURNING id',
            ids,
          )
          await db.query('DELETE FROM sandbox.charges WHERE id = ANY($1::uuid[])', ids)
          const rows = { 'sandbox.refunds': refunds.length, 'sandbox.charges': old.length }
          return { rows, isMore: old.length === limit }
        }),
      oldest: (db) => oldestOf(db, 'SELECT changed_at AS at FROM sandbox.charges ORDER BY changed_at LIMIT 1'),
    },
    {
      name: 'callbacks',
      tables: ['sandbox.callbacks'],
      async remove(postgres, { days, limit }) {
        const deleted = await postgres.query<{ accepted: boolean }>(
          `DELETE FROM sandbox.callbacks WHERE (event_id, copy) IN (
             SELECT event_id, copy FROM sandbox.callbacks WHERE created_at < now() - ${daysInterval('$1')}
             ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING delivered_at IS NOT NULL AS accepted`,
          [days, limit],
        )
        const undelivered = deleted.filter(({ accepted }) => !accepted).length
        if (undelivered > 0) log.warn({ callbacks: undelivered, days }, 'undelivered callbacks given up')
        return { rows: { 'sandbox.callbacks': deleted.length }, isMore: deleted.length === limit }
      },
      oldest: (db) => oldestOf(db, 'SELECT created_at AS at FROM sandbox.callbacks ORDER BY created_at LIMIT 1'),
    },
  ]
}
