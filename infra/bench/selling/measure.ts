import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parsePublicId } from '#shared/ids.ts'
import type { Progress } from '../../progress-bar.ts'
import type { System } from '../../system/start-system.ts'
import { stopProcesses } from '../bench.ts'
import { cpuTimes } from '../cpu-time.ts'
import { HttpConnection } from '../http-connection.ts'
import { quantile } from '../quantile.ts'
import { Buyers, placesPerHold, type Variant } from './buyers.ts'
import { analyse, blockAllSeats } from './database.ts'
import { countSoldPlaces } from './double-sales.ts'
import { Houses, openHouses, seatsPerHouse } from './houses.ts'
import { buyAsFastAsPossible, buyAtRate, type Load } from './load.ts'
import { pgbenchSeatsPerSecond } from './pgbench.ts'
import { recordHold } from './recorded-hold.ts'

const connections = 64
/** More than ever wait at a rate that can be kept up; beyond, they queue in the generator, and that time counts. */
const connectionsAtRate = 256
const warmUpSeconds = 2
const measuredSeconds = 10
/** No machine we know sells faster than this, in seats a second: so many houses are opened, lest they sell out before the end. */
const fastest = 16_000
const refusalSeconds = 5

export interface Phases {
  readonly seats_per_second: number
  /** At two thirds of that rate, from the moment a buyer meant to come to the answer. */
  readonly p50_ms: number
  readonly p99_ms: number
  readonly buyers_per_second_at_two_thirds: number
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
  readonly double_sales: number
  /**
   * Of the seats a second that `pgbench` reaches with the statements of a hold that has a transaction of its own: named seats a
   * second by its rate. Ours take many holds in one transaction, so it may be above 1.
   */
  readonly pgbench_share: number
  readonly pgbench_seats_per_second: number
  /** Seats that buyers were told they hold and the database does not say so. */
  readonly lost_seats: number
  readonly conditions: Readonly<Record<string, string | number | boolean>>
}

export interface MeasureOptions {
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/** Both variants, each at full rate and at two thirds of it, on houses of their own. */
export async function measure(system: System, options: MeasureOptions): Promise<Result> {
  const best = await measureVariant(system, 'best available', options)
  const named = await measureVariant(system, 'named seats', options)
  const lostSeats = await measureRefusals(system, 'the same seats', options)
  const fullHouse = await measureRefusals(system, 'full house', options)
  const holds = [best, named, lostSeats, fullHouse].reduce((sum, { outcomes }) => sum + (outcomes.held ?? 0), 0)
  const told = holds * placesPerHold
  const { doubleSales, held } = await countSoldPlaces(system.databaseUrl)
  const pgbench = await measurePgbench(system, options)
  return {
    ...best,
    named_seats: named,
    lost_seats_refused: lostSeats,
    full_house_refused: fullHouse,
    pgbench_share: Math.round((named.seats_per_second / pgbench) * 100) / 100,
    pgbench_seats_per_second: Math.round(pgbench),
    double_sales: doubleSales,
    lost_seats: Math.max(0, told - held),
    conditions: {
      measured_at: new Date().toISOString(),
      processors: availableParallelism(),
      node: process.version,
      seats_per_house: seatsPerHouse,
      places_per_hold: placesPerHold,
      connections,
      measured_seconds: measuredSeconds,
      analysed: true,
      idempotency_key: true,
      fsync: true,
    },
  }
}

/** Records one hold of a new house, then has pgbench hold all seats of it in the same way. */
async function measurePgbench(system: System, { bar }: MeasureOptions): Promise<number> {
  const { url, databaseUrl, logDirectory } = system
  const progress = bar('pgbench')
  const [eventId = ''] = (await openHouses(url, 1, () => undefined)).ids
  const seatNos = Array.from({ length: placesPerHold }, (_, index) => index)
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
    await stopProcesses(system)
    return await pgbenchSeatsPerSecond(databaseUrl, { statements, instance: { eventId, holdId, userId, seatNos } })
  } finally {
    connection.close()
    progress.clear()
  }
}

async function measureVariant(system: System, variant: Variant, options: MeasureOptions): Promise<Phases> {
  const { url } = system
  const full = await open(system, Houses.neededFor(fastest * (warmUpSeconds + measuredSeconds)), variant, options)
  const common = { url, stopping: options.stopping }
  const fullRate = { ...common, buyers: full, connections }
  await withBar(`${variant}: warming up`, warmUpSeconds, options, (more) =>
    buyAsFastAsPossible({ ...fullRate, ...more }),
  )
  // As autovacuum does while a sale goes on: from then on, the plans are others.
  await analyse(system.databaseUrl)
  const cpuBefore = cpuTimes(system.pids())
  const load = await withBar(`${variant}: as fast as possible`, measuredSeconds, options, (more) =>
    buyAsFastAsPossible({ ...fullRate, ...more }),
  )
  const cpu = cpuPerHold(cpuBefore, cpuTimes(system.pids()), load.holds)
  const perSecond = ((load.holds / load.seconds) * 2) / 3
  const seats = perSecond * placesPerHold * (warmUpSeconds + measuredSeconds) * 1.2
  const calm = await open(system, Houses.neededFor(seats), variant, options)
  const atRate = { ...common, buyers: calm, connections: connectionsAtRate, perSecond }
  await withBar(`${variant}: warming up`, warmUpSeconds, options, (more) => buyAtRate({ ...atRate, ...more }))
  const steady = await withBar(`${variant}: at two thirds of it`, measuredSeconds, options, (more) =>
    buyAtRate({ ...atRate, ...more }),
  )
  return {
    seats_per_second: Math.round((load.holds * placesPerHold) / load.seconds),
    p50_ms: tenths(quantile(steady.latenciesMs, 0.5)),
    p99_ms: tenths(quantile(steady.latenciesMs, 0.99)),
    buyers_per_second_at_two_thirds: Math.round(perSecond),
    outcomes: sumOf(full.outcomes, calm.outcomes),
    cpu_ms_per_hold: cpu,
  }
}

/** At full rate, from the first refusals on. */
async function measureRefusals(
  system: System,
  variant: 'the same seats' | 'full house',
  options: MeasureOptions,
): Promise<Refusals> {
  const buyers = await open(system, 1, variant, options, Number.POSITIVE_INFINITY)
  if (variant === 'full house') await blockAllSeats(system.databaseUrl, buyers.houseIds)
  const common = { url: system.url, stopping: options.stopping, buyers, connections }
  await withBar(`${variant}: warming up`, warmUpSeconds, options, (more) => buyAsFastAsPossible({ ...common, ...more }))
  const cpuBefore = cpuTimes(system.pids())
  const load = await withBar(`${variant}: as fast as possible`, refusalSeconds, options, (more) =>
    buyAsFastAsPossible({ ...common, ...more }),
  )
  const refusals = load.latenciesMs.length - load.holds
  return {
    refused_per_second: Math.round(refusals / load.seconds),
    outcomes: sumOf(buyers.outcomes),
    cpu_ms_per_refusal: cpuPerHold(cpuBefore, cpuTimes(system.pids()), refusals),
  }
}

async function open(
  { url }: System,
  count: number,
  variant: Variant,
  { bar }: MeasureOptions,
  mayAsk?: number,
): Promise<Buyers> {
  const progress = bar('houses opened')
  const houses = await openHouses(url, count, (opened) => progress.show(opened, count), mayAsk)
  progress.clear()
  return new Buyers({ houses, variant })
}

function withBar(
  label: string,
  seconds: number,
  { bar }: MeasureOptions,
  work: (more: { seconds: number; onProgress(done: number): void }) => Promise<Load>,
): Promise<Load> {
  const progress = bar(`s, ${label}`)
  return work({ seconds, onProgress: (done) => progress.show(Math.round(done), seconds) }).finally(() =>
    progress.clear(),
  )
}

/** Milliseconds of processor time of each process for each of so many holds. */
export function cpuPerHold(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  holds: number,
): Record<string, number> {
  const times = [...after].map(([name, used]) => [name, ((used - (before.get(name) ?? 0)) * 1_000) / holds] as const)
  return Object.fromEntries(times.map(([name, ms]) => [name, Math.round(ms * 100) / 100]))
}

function sumOf(...counts: ReadonlyMap<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [outcome, count] of counts.flatMap((one) => [...one])) sums[outcome] = (sums[outcome] ?? 0) + count
  return sums
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
