import type { Database } from '#shared/database/postgres.ts'
import type { UseOfPass } from '../passes.ts'

/** What happened to the holds of each pass, in the same order. */
export function findUseOfPasses(
  db: Database,
  passes: readonly { readonly eventId: string; readonly passId: string }[],
): Promise<UseOfPass[]> {
  return db.query<UseOfPass>(
    `SELECT used.holds, used.bought
     FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS pass (event_id, id, n),
     LATERAL (
       SELECT count(*)::int AS holds, coalesce(bool_or(hold.status = 'converted'), false) AS bought
       FROM booking.holds AS hold WHERE hold.event_id = pass.event_id AND hold.pass_id = pass.id) AS used
     ORDER BY n`,
    [passes.map(({ eventId }) => eventId), passes.map(({ passId }) => passId)],
  )
}
