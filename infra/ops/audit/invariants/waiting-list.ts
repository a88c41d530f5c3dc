import { type Invariant, isOverdue } from './invariant.ts'

/** The workers look at the lists every second; a minute without that is a fault. */
const servedWithin = `interval '1 minute'`

/** Nobody who joined a waiting list is forgotten, and nobody else gets what is kept for them. */
export const waitingListInvariants: readonly Invariant[] = [
  {
    id: 'I17',
    says: 'an offer to a buyer on a waiting list is a hold of that buyer',
    violations: `
      SELECT format('event %s entry %s hold %s', entry.event_id, entry.id, entry.hold_id) AS example
      FROM booking.waiting_list AS entry
      LEFT JOIN booking.holds AS hold ON hold.event_id = entry.event_id AND hold.id = entry.hold_id
      WHERE entry.status = 'offered' AND hold.user_id IS DISTINCT FROM entry.user_id`,
  },
  {
    id: 'I17',
    says: 'a sale keeps places of exactly those kinds that somebody on its waiting list waits for',
    violations: `
      SELECT format('event %s keeps %s, waited for: %s', event_id, waited_for, kinds) AS example
      FROM (SELECT event_id, jsonb_agg(jsonb_build_object('kind', kind, 'name', name) ORDER BY kind, name) AS kinds
            FROM (SELECT DISTINCT event_id, kind, name FROM booking.waiting_list WHERE status = 'waiting') AS wanted
            GROUP BY event_id) AS wanted
      FULL JOIN (SELECT event_id, waited_for FROM booking.sales WHERE waited_for <> '[]') AS sale USING (event_id)
      WHERE kinds IS DISTINCT FROM waited_for`,
  },
  {
    id: 'I17',
    says: 'no entry of a waiting list is open a minute after its offer or its sale has ended',
    violations: `
      SELECT format('event %s entry %s is %s', entry.event_id, entry.id, entry.status) AS example
      FROM booking.waiting_list AS entry JOIN booking.sales AS sale USING (event_id)
      LEFT JOIN booking.holds AS hold ON hold.event_id = entry.event_id AND hold.id = entry.hold_id
      WHERE (entry.status = 'offered' AND ${isOverdue('hold.ended_at', servedWithin)})
        OR (entry.status = 'waiting' AND (${isOverdue('sale.off_sale_at', servedWithin)}
          OR (sale.status IN ('cancelled', 'postponed', 'off_sale') AND ${isOverdue('sale.changed_at', servedWithin)})))`,
  },
]
