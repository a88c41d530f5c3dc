import { maxHoldsOfPass } from '#shared/queue-pass.ts'
import { type Invariant, isWatched } from './invariant.ts'

/** As long as a change of a sale may take: what began before it may have been decided by the rules before. */
const changesWithin = `interval '5 seconds'`

/** Where an event has a waiting room, nobody gets a place past it. */
export const passInvariants: readonly Invariant[] = [
  {
    id: 'I14',
    says: 'every hold taken while the waiting room was on names its pass',
    violations: `
      SELECT format('event %s hold %s', hold.event_id, hold.id) AS example
      FROM booking.sales AS sale JOIN booking.holds AS hold ON hold.event_id = sale.event_id
      WHERE ${isWatched('sale.event_id')} AND sale.needs_pass AND hold.pass_id IS NULL
        AND hold.created_at > sale.changed_at + ${changesWithin}`,
  },
  {
    id: 'I14',
    says: `a pass was used by one buyer, for ${maxHoldsOfPass} holds at most, of which one was bought`,
    violations: `
      SELECT format('event %s pass %s: %s holds', event_id, pass_id, count(*)) AS example
      FROM booking.holds WHERE ${isWatched('event_id')} AND pass_id IS NOT NULL
      GROUP BY event_id, pass_id
      HAVING count(*) > ${maxHoldsOfPass} OR count(DISTINCT user_id) > 1
        OR count(*) FILTER (WHERE status = 'converted') > 1`,
  },
]
