import { oldFacts } from '#shared/retention/common-rules.ts'
import { oldestOf, oldRows, type Removal, type RetentionRule } from '#shared/retention/retention.ts'
import { mayBeForgotten } from './store/commands.ts'
import { deletePayments, lockOldPayments, oldestPayment } from './store/old-payments.ts'

/** Replies to commands, unless their payment or refund is still in progress. */
const commands = oldRows({
  name: 'commands',
  table: 'purchase.commands',
  key: 'scope, key',
  since: 'created_at',
  only: mayBeForgotten('old'),
})

/** Longer than any provider repeats a webhook, so that none is applied twice. */
const providerInbox = oldRows({
  name: 'provider-inbox',
  table: 'purchase.provider_inbox',
  key: 'provider, provider_event_id',
  since: 'received_at',
})

/** Payments without money: settled, and older than any webhook about them. */
const failedPayments = oldRows({
  name: 'failed-payments',
  table: 'purchase.payments',
  key: 'id',
  since: 'updated_at',
  only: `next_check_at IS NULL AND status IN ('failed', 'voided')`,
})

const refusedRefunds = oldRows({
  name: 'failed-payments',
  table: 'purchase.refunds',
  key: 'id',
  since: 'updated_at',
  only: `status = 'refused'`,
})

/** Payments that took money, with their refunds. */
const payments: RetentionRule = {
  name: 'payments',
  tables: ['purchase.payments', 'purchase.refunds'],
  remove: (postgres, { days, limit }) =>
    postgres.transaction(async (db): Promise<Removal> => {
      const old = await lockOldPayments(db, { days, limit })
      return { rows: await deletePayments(db, old), isMore: old.length === limit }
    }),
  oldest: (db) => oldestOf(db, oldestPayment),
}

const eventRefunds = oldRows({
  name: 'payments',
  table: 'purchase.event_refunds',
  key: 'event_id',
  since: 'finished_at',
  only: 'finished_at IS NOT NULL',
})

export const purchaseRetention: readonly RetentionRule[] = [
  commands,
  oldFacts('purchase'),
  providerInbox,
  failedPayments,
  refusedRefunds,
  payments,
  eventRefunds,
]
