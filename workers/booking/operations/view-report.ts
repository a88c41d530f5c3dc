import type { ReplyOf } from '#shared/contracts/contract.ts'
import { viewReport as contract } from '#shared/contracts/reports.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { RecentValues } from '../recent-values.ts'
import { reportOf } from '../report.ts'
import { snapshotSales } from '../store/reports.ts'

type Report = ReplyOf<typeof contract>

/** Counting reads all places of the event. So all requests within three seconds share one read; a desk polls every two. */
export function viewReport({ postgres, bus }: { postgres: Database; bus: Bus }): Operation {
  const recent = new RecentValues<Report | null>({ maxAgeMs: 3_000, maxKeys: 1_000 })
  const read = async (eventId: string): Promise<Report | null> => {
    const snapshot = await snapshotSales(postgres, eventId)
    return snapshot === undefined ? null : reportOf(eventId, snapshot)
  }
  return operation(contract, async ({ event_id: eventId }, context) => {
    requireOrganiser(context.caller)
    const report = await recent.of(eventId, () => read(eventId))
    if (report !== null) return report
    await refuseUnknownEvent(bus, eventId, context)
    return withoutStock(eventId)
  })
}

/** The report of a draft, or of an event without places. */
function withoutStock(eventId: string): Report {
  return {
    event_id: eventId,
    as_of: new Date().toISOString(),
    currency: null,
    ...{ sold: 0, held: 0, free: 0, blocked: 0, admitted: 0, let_in_twice: 0, held_ending_soon: 0 },
    ...{ revenue_minor: 0, refunded_minor: 0, refund_due_minor: 0 },
    prices: [],
    sold_over_time: null,
  }
}
