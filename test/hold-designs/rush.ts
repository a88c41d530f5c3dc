import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { ascending, quantile, rounded } from '../../infra/bench/quantile.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { countDoubleClaims, countRefusedAlthoughFree, type Visited } from './claims.ts'
import type { HoldDesign, OpenDesign } from './designs.ts'
import { type LabOptions, openLab } from './lab.ts'

/*
 * An on-sale, a thousand times faster than life. Minutes are 60 ms long; calls take as long as they take, so that a design which makes
 * others wait for a thinking buyer looks better here than it would in life.
 */

/** Ten minutes. */
export const holdTtlMs = 600
/** Five minutes, a usual distance between two rounds of a clean-up job. */
export const sweepEveryMs = 300

/** So many seats are wanted for each that there is. */
const demand = 3
const maxSeats = 4
const lookEveryMs = 20

/** One buyer, from the seat plan to a decision. */
interface Visit {
  readonly arrivesAtMs: number
  readonly seatNos: readonly number[]
  readonly thinksMs: number
  /** A vanishing buyer closes the window and says nothing. */
  readonly decision: 'buys' | 'releases' | 'vanishes'
}

export interface Rush {
  readonly runMs: number
  readonly seats: number
  /** By time of arrival. */
  readonly visits: readonly Visit[]
}

/** When each buyer comes, for which seats, and what comes of it: the same for every design, whatever it answers. */
export function planRush({ buyers, seconds, seed }: { buyers: number; seconds: number; seed: number }): Rush {
  const random = randomNumbers(seed)
  const runMs = seconds * 1_000
  const arrivals = ascending(Array.from({ length: buyers }, () => random() * runMs))
  const quantities = arrivals.map(() => 1 + Math.floor(random() * maxSeats))
  const wanted = quantities.reduce((total, qty) => total + qty, 0)
  const seats = Math.max(maxSeats, Math.ceil(wanted / demand))
  const visits = arrivals.map((arrivesAtMs, index) => {
    const qty = quantities[index] ?? 1
    // Squared: the front rows are wanted most.
    const first = Math.floor(random() ** 2 * (seats - qty + 1))
    const seatNos = Array.from({ length: qty }, (_, offset) => first + offset)
    return { arrivesAtMs, seatNos, ...decide(random) }
  })
  return { runMs, seats, visits }
}

/** 45 % buy in time, 10 % try to when their hold has run out, 15 % release, 30 % vanish. */
function decide(random: () => number): Pick<Visit, 'thinksMs' | 'decision'> {
  const [choice, share] = [random(), random()]
  const after = (least: number): number => least + share * 250
  if (choice < 0.45) return { decision: 'buys', thinksMs: after(50) }
  if (choice < 0.55) return { decision: 'buys', thinksMs: after(holdTtlMs + 50) }
  if (choice < 0.7) return { decision: 'releases', thinksMs: after(50) }
  return { decision: 'vanishes', thinksMs: 0 }
}

export interface RushOptions extends Pick<LabOptions, 'databaseUrl' | 'redisUrl' | 'connections'> {
  readonly rush: Rush
  /** No more buyers are let in. The measures of a rush that was stopped mean nothing. */
  readonly stopping: AbortSignal
  onArrival(arrived: number): void
}

/** What one design made of the rush; rates and connections are those of the time in which buyers came. */
export async function measureRush(design: HoldDesign, options: RushOptions) {
  const { rush, databaseUrl, redisUrl, connections } = options
  const given = { databaseUrl, redisUrl, connections, seats: rush.seats, holdTtlMs, sweepEveryMs }
  const lab = await openLab(design.name, given)
  const open = await design.open(lab)
  const busy: number[] = []
  const looking = setInterval(() => busy.push(lab.busy()), lookEveryMs)
  try {
    const visits = await letIn(open, options, () => clearInterval(looking))
    const perSecond = (count: number): number => rounded((count * 1_000) / rush.runMs, 0)
    const percent = (count: number): number => rounded((count * 100) / visits.length, 1)
    const durations = ascending(visits.map(({ calledAt, answeredAt }) => answeredAt - calledAt))
    return {
      design: design.name,
      'holds/s': perSecond(visits.filter(({ held, answeredAt }) => held && answeredAt <= rush.runMs).length),
      'purchases/s': perSecond(visits.filter(({ boughtAt = Infinity }) => boughtAt <= rush.runMs).length),
      'refused %': percent(visits.filter(({ held }) => !held).length),
      'refused although free %': percent(countRefusedAlthoughFree(visits, holdTtlMs)),
      'double claims': countDoubleClaims(visits, holdTtlMs),
      'hold p50 ms': rounded(quantile(durations, 0.5), 1),
      'hold p99 ms': rounded(quantile(durations, 0.99), 1),
      'connections busy': rounded(busy.reduce((sum, each) => sum + each, 0) / busy.length, 1),
    }
  } finally {
    clearInterval(looking)
    await open.close?.()
    await lab.close()
  }
}

/** Answers when the last buyer has left; `onLast` is called when the last one has come. */
async function letIn(
  open: OpenDesign,
  { rush, stopping, onArrival }: RushOptions,
  onLast: () => void,
): Promise<Visited[]> {
  const begin = performance.now()
  const now = (): number => performance.now() - begin
  const inside: Promise<Visited>[] = []
  for (const visit of rush.visits) {
    while (now() < visit.arrivesAtMs) await wait(1)
    // A machine that is late with letting in must still serve those who are inside.
    await nextTurn()
    if (stopping.aborted) break
    const leaving = visitHouse(open, visit, now)
    // Failures are thrown below.
    leaving.catch(() => undefined)
    inside.push(leaving)
    onArrival(inside.length)
  }
  onLast()
  return Promise.all(inside)
}

async function visitHouse(open: OpenDesign, visit: Visit, now: () => number): Promise<Visited> {
  const { seatNos, thinksMs, decision } = visit
  const calledAt = now()
  const held = await open.hold(seatNos)
  const visited = { seatNos, calledAt, answeredAt: now(), held: held !== null }
  if (held === null || decision === 'vanishes') return visited
  await wait(thinksMs)
  if (decision === 'buys') return (await held.buy()) ? { ...visited, boughtAt: now() } : visited
  const releaseCalledAt = now()
  await held.release()
  return { ...visited, released: { calledAt: releaseCalledAt, answeredAt: now() } }
}
