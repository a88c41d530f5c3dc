import { readFileSync } from 'node:fs'
import test from 'ava'
import { ExplainedError } from '../../infra/explained-error.ts'
import { sectionsOf } from '../../infra/onsale/organiser.ts'
import { planBuyer } from '../../infra/onsale/plan.ts'
import { reportHtml } from '../../infra/onsale/report.ts'
import type { Result } from '../../infra/onsale/result.ts'
import { Tally } from '../../infra/onsale/tally.ts'
import { findTarget } from '../../infra/onsale/target.ts'
import { realFile, testWithRealData } from '../support/real-data.ts'

test('the seed decides what every buyer is like', (t) => {
  const crowd = (seed: number) => Array.from({ length: 100 }, (_, number) => JSON.stringify(planBuyer(seed, number)))
  t.deepEqual(crowd(42), crowd(42))
  t.not(crowd(42).filter((buyer, index) => buyer === crowd(43)[index]).length, 100)
})

testWithRealData('the crowd of a plan has the peak of published on-sales', (t) => {
  const { onsales } = JSON.parse(readFileSync(realFile('onsale-traffic/published-onsale-figures.json'), 'utf8')) as {
    onsales: { derived?: { peakToMeanFirstHour?: number; peakToMean?: number } }[]
  }
  const published = onsales.flatMap(({ derived }) => derived?.peakToMeanFirstHour ?? derived?.peakToMean ?? [])
  const buyers = 20_000
  const byMinute = new Map<number, number>()
  for (let number = 0; number < buyers; number += 1) {
    const minute = Math.floor(planBuyer(42, number).arrivesMs / 60_000)
    byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1)
  }
  // Of the hour that begins a quarter of an hour before the opening.
  const peakToMean = Math.max(...byMinute.values()) / (buyers / 60)
  t.true(peakToMean > 0.8 * Math.min(...published) && peakToMean < 1.25 * Math.max(...published), `${peakToMean}`)
})

test('an event that is made has exactly the wanted seats', (t) => {
  for (const seats of [1, 7, 50, 200, 1_000, 1_234, 5_000, 100_000]) {
    const sections = sectionsOf(seats)
    const made = sections.reduce((sum, { rows, seats_per_row }) => sum + rows * seats_per_row, 0)
    t.is(made, seats)
    t.true(sections.every(({ rows, seats_per_row }) => rows <= 200 && seats_per_row <= 500))
  }
})

test('a crowd is not sent to another machine unless somebody says that it is theirs', async (t) => {
  const options = { holdMs: 1_000, say: () => undefined, stopping: new AbortController().signal }
  const error = await t.throwsAsync(findTarget({ ...options, url: 'http://192.0.2.1:8080', ownHost: false }))
  t.true(error instanceof ExplainedError)
  t.regex(error?.message ?? '', /--i-own-this-host/)
})

/** A run of three seconds. */
function resultWith(changes: Partial<Result>): Result {
  const tally = new Tally(10)
  tally.opensAtMs = performance.now()
  tally.answered('hold', 'done', 12)
  for (let second = 0; second < 3; second += 1) {
    tally.tick({ waiting: 10 - second, called: 1, active: 2, serving: second, rate: null, free: 5, held: 2, sold: 3 })
  }
  return {
    started_at: '2026-12-01T01:02:03.000Z',
    command: 'npm run onsale -- --buyers 10',
    event_id: '019a0000-0000-7000-8000-000000000001',
    system: 'a <system> of its own',
    buyers: 10,
    seats: 10,
    seed: 1,
    pace: 20,
    room: {
      calls_per_minute: 60,
      max_active: 3,
      fixed_rate: false,
      claim_s: 5,
      session_s: 60,
      hold_s: 30,
      pre_queue_s: 45,
      draw: true,
    },
    verdict: {
      double_sales: 0,
      lost_purchases: 0,
      admissions_over_limit: 0,
      order_violations: 0,
      buyers_unanswered: 0,
      stream_mismatches: 0,
      seats_sold: 10,
    },
    passed: true,
    faults: [],
    figures: {
      took_s: 3,
      sold_out_after_s: 2,
      second_wave_after_s: 31,
      admissions: 5,
      purchases: 4,
      tickets: 10,
      requests: 100,
      answers: tally.answersInAll,
      latencies_ms: tally.latencies(),
      stream_ms: tally.deltas(),
      streams: { watchers: 16, cuts: 3, resets: 16 },
      eta: tally.promises(),
      forged: { tried: 6, accepted: 0 },
      receipts: 1,
      endings: { bought: 4 },
      cpu_s: { 'gateway-1': 1.5 },
      simulator_cpu_share: 0.2,
      simulator_mib: 100,
    },
    conditions: { processors: 2, model: 'model', memory_gib: 8, load_before: 1, load_after: 2, node: 'v24' },
    series: tally.seconds,
    ...changes,
  }
}

test('a report is one file that needs no script, no other file and no network', (t) => {
  const html = reportHtml(resultWith({}))
  t.regex(html, /^<!doctype html>/)
  t.false(/<script|<link|<img|@import|https?:|url\((?!#)/.test(html))
  t.true(html.includes('As it must be'))
  t.true(html.includes('a &lt;system&gt; of its own'))
  t.false(/NaN|undefined|Infinity/.test(html))
})

test('a report says what is wrong before all else', (t) => {
  const { verdict } = resultWith({})
  const html = reportHtml(
    resultWith({ passed: false, faults: ['double_sales: 2'], verdict: { ...verdict, double_sales: 2 } }),
  )
  t.false(html.includes('As it must be'))
  t.regex(html, /class="wrong"><b>2 ✗<\/b>seats sold twice/)
  t.true(html.indexOf('double_sales: 2') < html.indexOf('<figure>'))
})
