import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewReport } from '#shared/contracts/reports.ts'
import { currentPrice } from './price-rule.ts'
import type { AreaCounts, SalesSnapshot, TierCounts } from './store/reports.ts'

type Report = ReplyOf<typeof viewReport>

/** The report of an event with stock. */
export function reportOf(eventId: string, snapshot: SalesSnapshot): Report {
  const { tiers, areas, overTime } = snapshot
  const all = [...tiers, ...areas]
  const sum = (of: (counts: TierCounts | AreaCounts) => number): number =>
    all.reduce((total, counts) => total + of(counts), 0)
  const sold = sum((counts) => counts.sold)
  return {
    event_id: eventId,
    as_of: snapshot.asOf.toISOString(),
    currency: snapshot.currency,
    sold,
    held: sum(({ held }) => held),
    free: sum(({ free }) => free),
    blocked: sum(({ blocked }) => blocked),
    admitted: snapshot.admitted,
    let_in_twice: snapshot.letInTwice,
    held_ending_soon: sum(({ endingSoon }) => endingSoon),
    revenue_minor: sum(({ revenueMinor }) => revenueMinor),
    refunded_minor: snapshot.refundedMinor,
    refund_due_minor: snapshot.refundDueMinor,
    prices: [...tiers.map(tierReport), ...areas.map((area) => priceReport('area', area, area.ownPriceMinor))].sort(
      (one, other) => other.price_minor - one.price_minor,
    ),
    sold_over_time: overTime && soldOverTime(overTime, sold),
  }
}

function tierReport(tier: TierCounts): Report['prices'][number] {
  const seats = tier.sold + tier.held + tier.free
  return priceReport('tier', tier, currentPrice(tier.ownPriceMinor, { ...tier, seats }))
}

function priceReport(
  kind: 'tier' | 'area',
  { name, sold, held, free, blocked, revenueMinor }: AreaCounts,
  priceMinor: number,
): Report['prices'][number] {
  return { kind, name, price_minor: priceMinor, sold, held, free, blocked, revenue_minor: revenueMinor }
}

/** Counted backwards from now, because old entries of the sale log are deleted. */
function soldOverTime(
  { from, to, bucketS, buckets, changes }: NonNullable<SalesSnapshot['overTime']>,
  soldNow: number,
): Report['sold_over_time'] {
  const changeOf = new Map(changes.map(({ bucket, places }) => [bucket, places]))
  let sold = soldNow - changes.reduce((sum, { places }) => sum + places, 0)
  const atEnds = Array.from({ length: buckets }, (_, bucket) => {
    sold += changeOf.get(bucket) ?? 0
    return sold
  })
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), bucket_s: bucketS, sold: atEnds }
}
