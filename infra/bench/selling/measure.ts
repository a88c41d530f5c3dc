import { join } from 'node:path'
import { parsePublicId } from '#shared/ids.ts'
import type { System } from '../../system/start-system.ts'
import { withDatabase } from '../../with-database.ts'
import { type Bench, conditions, withBar } from '../bench.ts'
import { cpuDuring, msEach } from '../cpu-time.ts'
import { HttpConnection } from '../http-connection.ts'
import { askAsFastAsPossible, askAtRate } from '../load.ts'
import { ascending, quantile, rounded } from '../quantile.ts'
import { type Verdict, verdict } from '../verdict.ts'
import { buyersOf, placesPerHold, seatsFrom, type Variant } from './buyers.ts'
import { countSoldPlaces } from './double-sales.ts'
import { openHouse, openHouses, seatsPerHouse } from './houses.ts'
import { pgbenchSeatsPerSecond } from './pgbench.ts'
import { recordHold } from './recorded-hold.ts'

const connections = 64
/** More than ever wait at a rate that can be kept up; beyond, they queue in the generator, and that time counts. */
const connectionsAtRate = 256
const warmUpSeconds = 2
const measuredSeconds = 10
/** Seats a second that no machine we know can sell: enough houses are opened for it, so that none sell out before the end. */
const fastest = 16_000
const refusalSeconds = 5
/** Besides two thirds of the highest rate, so that changes can be compared at one load; in buyers a second. */
const fixedRate = 400

/** How long buyers wait at a rate, from the moment a buyer meant to come to the answer. */
export interface Waits {
  readonly buyers_per_second: number
  readonly p50_ms: number
  readonly p99_ms: number
}

export interface Phases {
  readonly seats_per_second: number
  /** At two thirds of that rate, and at a fixed one. */
  readonly waits: readonly [Waits, Waits]
  /** Refusals, by code, beside `held`. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Milliseconds of processor time that each process spent on a hold, at full rate. */
  readonly cpu_ms_per_hold: Readonly<Record<string, number>>
}

/** How fast buyers hear that they get nothing, and what that costs. */
export interface Refusals {
  readonly refused_per_second: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly cpu_ms_per_refusal: Readonly<Record<string, number>>
}

export interface Result extends Phases {
  readonly named_seats: Phases
  /** All want the four seats that somebody holds. */
  readonly lost_seats_refused: Refusals
  /** All want the best seats of a house that has none left. */
  readonly full_house_refused: Refusals
  readonly verdicts: readonly Verdict[]
  /**
   * Named seats a second, divided by those that `pgbench` reaches with the statements of one hold a transaction. Ours take many holds
   * in one transaction, so it may be above 1.
   */
  readonly pgbench_share: number
  readonly pgbench_seats_per_second: number
  /** Seats that buyers were told they hold and the database does not say so. */
  readonly lost_seats: number
  readonly conditions: Readonly<Record<string, string | number>>
}

/** Both variants, each at full rate and at two lower ones, each on new houses; then refusals, and pgbench. */
export async function measure(system: System, bench: Bench): Promise<Result> {
  const { databaseUrl } = system
  const best = await measureVariant(system, 'best available', bench)
  const named = await measureVariant(system, 'named seats', bench)
  const lostSeats = await measureRefusals(system, 'the same seats', bench)
  const fullHouse = await measureRefusals(system, 'full house', bench)
  const holds = [best, named, lostSeats, fullHouse].reduce((sum, { outcomes }) => sum + (outcomes.held ?? 0), 0)
  const { doubleSales, held } = await withDatabase(databaseUrl, countSoldPlaces)
  const pgbench = await measurePgbench(system, bench)
  return {
    ...best,
    named_seats: named,
    lost_seats_refused: lostSeats,
    full_house_refused: fullHouse,
    pgbench_share: rounded(named.seats_per_second / pgbench, 2),
    pgbench_seats_per_second: Math.round(pgbench),
    verdicts: [verdict({ what: 'double sales', value: doubleSales, at_most: 0 })],
    lost_seats: Math.max(0, holds * placesPerHold - held),
    conditions: conditions({
      seats_per_house: seatsPerHouse,
      places_per_hold: placesPerHold,
      connections,
      measured_seconds: measuredSeconds,
    }),
  }
}

async function measureVariant({ url, databaseUrl, pids }: System, variant: Variant, bench: Bench): Promise<Phases> {
  const full = buyersOf(variant, await openHouses(url, fastest * (warmUpSeconds + measuredSeconds), bench))
  const buyFast = (label: string, seconds: number) =>
    withBar(bench, { label: `${variant}: ${label}`, seconds }, (time) =>
      askAsFastAsPossible({ url, ask: full.ask, connections }, time),
    )
  await buyFast('warming up', warmUpSeconds)
  // As autovacuum does while a sale goes on: from then on, the plans are others.
  await withDatabase(databaseUrl, (client) => client.query('ANALYZE'))
  const { result: load, used } = await cpuDuring(pids(), () => buyFast('as fast as possible', measuredSeconds))
  const perSecond = ((load.succeeded / load.seconds) * 2) / 3
  const atTwoThirds = await measureWaits({ url, variant, perSecond }, bench)
  const atFixedRate = await measureWaits({ url, variant, perSecond: fixedRate }, bench)
  return {
    seats_per_second: Math.round((load.succeeded * placesPerHold) / load.seconds),
    waits: [atTwoThirds.waits, atFixedRate.waits],
    outcomes: sumOf(full.outcomes, atTwoThirds.outcomes, atFixedRate.outcomes),
    cpu_ms_per_hold: msEach(used, load.succeeded),
  }
}

async function measureWaits(
  { url, variant, perSecond }: { readonly url: string; readonly variant: Variant; readonly perSecond: number },
  bench: Bench,
) {
  const places = perSecond * placesPerHold * (warmUpSeconds + measuredSeconds) * 1.2
  const { ask, outcomes } = buyersOf(variant, await openHouses(url, places, bench))
  const rate = Math.round(perSecond)
  const buy = (label: string, seconds: number) =>
    withBar(bench, { label: `${variant}: ${label}`, seconds }, (time) =>
      askAtRate({ url, ask, connections: connectionsAtRate, perSecond }, time),
    )
  await buy('warming up', warmUpSeconds)
  const latencies = ascending((await buy(`${rate} buyers a second`, measuredSeconds)).latenciesMs)
  const waits: Waits = {
    buyers_per_second: rate,
    p50_ms: rounded(quantile(latencies, 0.5), 1),
    p99_ms: rounded(quantile(latencies, 0.99), 1),
  }
  return { waits, outcomes }
}

/** At full rate, from the first refusals on. */
async function measureRefusals(
  { url, databaseUrl, pids }: System,
  variant: 'the same seats' | 'full house',
  bench: Bench,
): Promise<Refusals> {
  const house = await openHouse(url)
  if (variant === 'full house') {
    const block = `UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = $1`
    await withDatabase(databaseUrl, (client) => client.query(block, [house]))
  }
  const { ask, outcomes } = buyersOf(variant, () => house)
  const come = (label: string, seconds: number) =>
    withBar(bench, { label: `${variant}: ${label}`, seconds }, (time) =>
      askAsFastAsPossible({ url, ask, connections }, time),
    )
  await come('warming up', warmUpSeconds)
  const { result: load, used } = await cpuDuring(pids(), () => come('as fast as possible', refusalSeconds))
  const refusals = load.latenciesMs.length - load.succeeded
  return {
    refused_per_second: Math.round(refusals / load.seconds),
    outcomes: sumOf(outcomes),
    cpu_ms_per_refusal: msEach(used, refusals),
  }
}

/** Records one hold of a new house, then has pgbench hold all seats of it in the same way. */
async function measurePgbench(system: System, { bar }: Bench): Promise<number> {
  const { url, databaseUrl, logDirectory } = system
  const progress = bar('pgbench')
  const eventId = await openHouse(url)
  const seatNos = seatsFrom(0)
  const userId = `recorded-${eventId}`
  const connection = new HttpConnection(url)
  let holdId = ''
  const hold = async (): Promise<void> => {
    const body = JSON.stringify({ seat_nos: seatNos, user_id: userId })
    const answer = await connection.post(`/events/${eventId}/holds`, body, { 'Idempotency-Key': userId })
    holdId = parsePublicId((JSON.parse(answer.body) as { id: string }).id)?.ownId ?? ''
  }
  try {
    const statements = await recordHold(
      { databaseUrl, logFile: join(logDirectory, 'postgres.log') },
      { mark: userId, hold },
    )
    // From here on the database has the machine to itself.
    await Promise.all(system.processes().map((process) => process.stop()))
    return await pgbenchSeatsPerSecond(databaseUrl, { statements, instance: { eventId, holdId, userId, seatNos } })
  } finally {
    connection.close()
    progress.clear()
  }
}

function sumOf(...counts: ReadonlyMap<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [outcome, count] of counts.flatMap((one) => [...one])) sums[outcome] = (sums[outcome] ?? 0) + count
  return sums
}
