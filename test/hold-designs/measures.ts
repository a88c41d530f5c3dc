import { quantile } from '../../infra/bench/quantile.ts'
import { countDoubleClaims, countRefusedAlthoughFree, type Visited } from './claims.ts'
import { holdTtlMs, type Rush } from './rush.ts'

/** What one design made of the rush. Rates and shares are about what was answered while buyers came. */
export interface Measures {
  readonly design: string
  readonly holds_per_second: number
  readonly purchases_per_second: number
  /** Of all hold calls. */
  readonly refused_percent: number
  /** Of all hold calls: nobody had any of the seats while the call lasted. */
  readonly refused_although_free_percent: number
  readonly double_claims: number
  /** Of all hold calls, granted or refused. */
  readonly hold_p50_ms: number
  readonly hold_p99_ms: number
  /** On average. */
  readonly connections_busy: number
}

export interface Measured {
  readonly design: string
  readonly rush: Rush
  readonly visits: readonly Visited[]
  readonly busyConnections: number
}

export function measure({ design, rush, visits, busyConnections }: Measured): Measures {
  const perSecond = (count: number): number => round((count * 1000) / rush.runMs, 1)
  const percent = (count: number): number => round((count * 100) / Math.max(1, visits.length), 2)
  const inTime = (at: number | undefined): boolean => at !== undefined && at <= rush.runMs
  const durations = visits.map(({ calledAt, answeredAt }) => answeredAt - calledAt).sort((a, b) => a - b)
  return {
    design,
    holds_per_second: perSecond(visits.filter(({ held, answeredAt }) => held && inTime(answeredAt)).length),
    purchases_per_second: perSecond(visits.filter(({ boughtAt }) => inTime(boughtAt)).length),
    refused_percent: percent(visits.filter(({ held }) => !held).length),
    refused_although_free_percent: percent(countRefusedAlthoughFree(visits, holdTtlMs)),
    double_claims: countDoubleClaims(visits, holdTtlMs),
    hold_p50_ms: round(quantile(durations, 0.5), 1),
    hold_p99_ms: round(quantile(durations, 0.99), 1),
    connections_busy: round(busyConnections, 1),
  }
}

const round = (value: number, decimals: number): number => Number(value.toFixed(decimals))
