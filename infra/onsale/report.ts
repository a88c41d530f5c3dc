import { type Chart, chartHtml, chartPatterns, chartStyle, clock, escaped, marksHtml, type TimeAxis } from './charts.ts'
import type { Result } from './result.ts'
import { answerClasses, type Quantiles, type Second, type Step, steps } from './tally.ts'

/* The report of a run: one file that needs nothing else, no script and no network. */

const mostColumns = 240

const verdictNames: Readonly<Record<keyof Result['verdict'], string>> = {
  double_sales: 'seats sold twice',
  lost_purchases: 'purchases lost',
  admissions_over_limit: 'admissions over the limit',
  order_violations: 'let in before their turn',
  buyers_unanswered: 'buyers without an answer',
  stream_mismatches: 'seats shown wrongly',
  seats_sold: 'seats sold',
}

const answerNames = {
  done: 'done',
  taken: 'taken by others (409, 410)',
  refused: 'refused (4xx)',
  busy: 'asked to wait (429, 503)',
  failed: 'failed (5xx)',
  none: 'no answer',
} as const

const stepNames: Readonly<Record<Step, string>> = {
  event: 'event page',
  join: 'join the queue',
  look: 'look at their own place',
  serving: 'look where the queue stands',
  ranks: 'read the numbers of the draw',
  pass: 'claim the pass',
  hold: 'hold seats',
  pay: 'pay',
  leave: 'leave, close the page',
}

/** The whole page. */
export function reportHtml(result: Result): string {
  const title = `${count(result.buyers)} buyers for ${count(result.seats)} seats`
  const columns = columnsOf(result.series)
  const axis: TimeAxis = { times: columns.map(({ at }) => at), marks: marksOf(result) }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>On-sale: ${title}</title><style>${style}${chartStyle}</style></head><body>
${chartPatterns}
<header><p class="kicker">On-sale, ${escaped(result.started_at.slice(0, 16).replace('T', ' '))} UTC</p><h1>${title}</h1>
<p class="story">${escaped(storyOf(result))}</p></header>
${verdictHtml(result)}
<section>${marksHtml(axis)}${chartsOf(result, columns)
    .map((chart) => chartHtml(chart, axis))
    .join('\n')}</section>
<section class="tables">${tablesHtml(result)}</section>
<footer>${escaped(footerOf(result))}</footer>
</body></html>
`
}

const style = `
  :root { --paper: #fffdf8; --ink: #1f2a44; --quiet: #6b6f7d; --line: #e6e1d6; --torch: #d1491b; --sea: #2a7f86; }
  * { box-sizing: border-box; }
  body { margin: 0 auto; max-width: 1080px; padding: 32px 28px 48px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
  h1 { margin: 0; font-size: 40px; line-height: 1.1; letter-spacing: -0.02em; }
  h2 { font-size: 17px; margin: 0 0 8px; }
  .kicker { margin: 0 0 4px; color: var(--torch); font-weight: 600; }
  .story { max-width: 46em; font-size: 17px; }
  .verdict { display: grid; grid-template-columns: repeat(7, 1fr); border: 2px solid var(--ink); border-radius: 10px; margin: 20px 0 8px; overflow: hidden; }
  .verdict div { padding: 14px 12px; border-left: 1px dashed var(--ink); }
  .verdict div:first-child { border-left: 0; }
  .verdict b { display: block; white-space: nowrap; font-size: 26px; line-height: 1.1; font-variant-numeric: tabular-nums; }
  .verdict .wrong { background: var(--torch); color: #fff; }
  .judgement { font-weight: 600; margin: 0 0 24px; }
  .faults { border-left: 6px solid var(--torch); padding-left: 14px; }
  figure { margin: 0 0 18px; break-inside: avoid; }
  figcaption { margin-bottom: 2px; color: var(--quiet); font-size: 13px; }
  figcaption b { color: var(--ink); font-size: 15px; margin-right: 6px; }
  .tables { display: grid; grid-template-columns: 1.25fr 1fr; gap: 28px; margin-top: 20px; }
  table { border-collapse: collapse; width: 100%; font-size: 13.5px; break-inside: avoid; margin-bottom: 20px; }
  th, td { text-align: left; padding: 4px 8px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
  td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
  footer { margin-top: 24px; border-top: 2px solid var(--ink); padding-top: 10px; color: var(--quiet); font-size: 13px; }
  @media (max-width: 760px) { .verdict { grid-template-columns: repeat(2, 1fr); } .tables { grid-template-columns: 1fr; } h1 { font-size: 30px; } }
  @media print { body { padding: 0; max-width: none; font-size: 11pt; } .verdict .wrong { color: #000; background: none; outline: 3px solid #000; } }
`

function storyOf({ figures, verdict, pace, room, seats }: Result): string {
  const { sold_out_after_s: soldOut, took_s: took, purchases, endings } = figures
  const sold =
    soldOut === null
      ? `${count(verdict.seats_sold)} of ${count(seats)} seats were sold.`
      : `The last seat was sold ${inWords(soldOut)} after the opening.`
  const queue = `${count(figures.admissions)} buyers were let in, at most ${count(room.max_active)} at a time; ${count(purchases)} of them bought.`
  const noTime = endings['the run was stopped'] ? ' The run was stopped before its end.' : ''
  return `${sold} ${queue} Everybody had gone after ${inWords(took)}.${noTime} Time is compressed ${pace} times: people choose, pay, hold and give up so much faster than they would.`
}

function verdictHtml({ verdict, passed, faults, seats }: Result): string {
  const cells = (Object.keys(verdictNames) as (keyof Result['verdict'])[]).map((name) => {
    const value = verdict[name]
    const isGood = name === 'seats_sold' ? !faults.some((fault) => fault.startsWith(name)) : value === 0
    const of = name === 'seats_sold' ? ` of ${count(seats)}` : ''
    return `<div${isGood ? '' : ' class="wrong"'}><b>${count(value)} ${isGood ? '✓' : '✗'}</b>${verdictNames[name]}${of}</div>`
  })
  const judgement = passed
    ? 'As it must be, by the records of the system itself: its database, the ledger of the payment provider, the journal of admissions, the audit.'
    : 'Something is wrong:'
  const list = faults.map((fault) => `<li>${escaped(fault)}</li>`).join('')
  return `<div class="verdict">${cells.join('')}</div>
<p class="judgement">${judgement}</p>${passed ? '' : `<ul class="faults">${list}</ul>`}`
}

function chartsOf(result: Result, columns: readonly Column[]): Chart[] {
  const { room, figures } = result
  const mean = (of: (second: Second) => number | null) => columns.map((column) => meanOf(column.seconds, of))
  const answers = (kind: (typeof answerClasses)[number]) => mean(({ answers: all }) => all[kind])
  const spread = (title: string, of: (second: Second) => Quantiles | null | undefined, note?: string): Chart => {
    const values = (name: 'p50Ms' | 'p99Ms') =>
      columns.map(({ seconds }) => worst(seconds, (second) => of(second)?.[name] ?? null))
    return {
      ...{ title, unit: 'ms', isLogarithmic: true, ...(note !== undefined && { note }) },
      lines: [
        { name: 'half of them', values: values('p50Ms'), form: 'solid' },
        { name: '99 of 100', values: values('p99Ms'), form: 'dashed' },
      ],
    }
  }
  const ofStep = (step: Step): Chart =>
    spread(`How long it takes to ${stepNames[step]}`, ({ latencies }) => latencies[step])
  const perSecond = Math.ceil(room.calls_per_minute / 60)
  return [
    {
      title: 'In the queue',
      note: `Most come before the opening${room.draw ? ', and a draw decides their order' : ''}.`,
      unit: 'people',
      layers: [{ name: 'waiting', values: mean(({ waiting }) => waiting), fill: 'hatched' }],
    },
    {
      title: 'Inside',
      note: 'Choosing and paying, and those who were called.',
      unit: 'people',
      lines: [
        { name: 'inside', values: mean(({ active }) => active), form: 'solid' },
        { name: 'with those called', values: mean(({ active, called }) => active + called), form: 'dotted' },
      ],
      limit: { value: room.max_active, label: `limit ${count(room.max_active)}` },
    },
    {
      title: 'Let in',
      note: `${room.fixed_rate ? 'At a fixed rate.' : 'The controller moves the rate by how long holds take.'} Of what the limit grants, one second may be saved up.`,
      unit: 'a second',
      lines: [
        { name: 'let in', values: mean(({ admitted }) => admitted), form: 'solid' },
        { name: "controller's rate", values: mean(({ rate }) => (rate === null ? null : rate / 60)), form: 'dotted' },
      ],
      limit: { value: perSecond, label: `limit ${count(perSecond)}` },
    },
    {
      title: 'Seats',
      note: 'The second wave comes when the first holds run out.',
      unit: 'seats',
      layers: [
        { name: 'sold', values: mean(({ sold }) => sold), fill: 'full' },
        { name: 'held', values: mean(({ held }) => held), fill: 'hatched' },
        { name: 'free', values: mean(({ free }) => free), fill: 'empty' },
      ],
    },
    ofStep('join'),
    ofStep('hold'),
    ofStep('pay'),
    {
      title: 'Answers',
      note: 'Of all kinds of requests.',
      unit: 'a second',
      layers: [
        { name: 'done', values: answers('done'), fill: 'full' },
        { name: 'taken by others', values: answers('taken'), fill: 'hatched' },
        { name: 'asked to wait', values: sum(answers('busy'), answers('refused')), fill: 'dots' },
        { name: 'failed, or none', values: sum(answers('failed'), answers('none')), fill: 'empty' },
      ],
    },
    {
      title: 'The wait, as promised and as it was',
      note: `Median of those who asked then. ${etaNote(figures.eta)}`,
      unit: 'seconds',
      lines: [
        { name: 'waited', values: mean(({ waitedS }) => waitedS), form: 'solid' },
        { name: 'promised', values: mean(({ promisedS }) => promisedS), form: 'dashed' },
      ],
    },
    spread(
      'How late the seat map is',
      ({ deltas }) => deltas,
      'From the answer of a hold until another client sees it.',
    ),
  ]
}

function marksOf({ figures }: Result): TimeAxis['marks'] {
  const { sold_out_after_s: soldOut, second_wave_after_s: second } = figures
  return [
    { at: 0, label: 'the sale opens' },
    ...(second < figures.took_s ? [{ at: second, label: 'first holds run out' }] : []),
    ...(soldOut === null ? [] : [{ at: soldOut, label: 'all sold' }]),
  ]
}

function tablesHtml({ figures, room }: Result): string {
  const { forged, streams, endings, cpu_s, latencies_ms, stream_ms } = figures
  const asked = steps.filter((step) => latencies_ms[step].count > 0)
  const row = (name: string, { count: number, p50Ms, p99Ms }: Quantiles): Row => [name, number, `${p50Ms}`, `${p99Ms}`]
  const requests = [
    ...asked.map((step) => row(stepNames[step], latencies_ms[step])),
    row('hear of a held seat', stream_ms),
  ]
  return `<div>${tableHtml('Requests', requests, [['to', 'number', 'p50, ms', 'p99, ms']])}
${tableHtml('Answers', [
  ...answerClasses.map((kind) => [answerNames[kind], figures.answers[kind]]),
  ['forged, stolen and missing passes tried', forged.tried],
  ['of them taken', forged.accepted],
  ['receipts that were checked against the draw', figures.receipts],
  ['times that a watching client was cut', streams.cuts],
])}
${tableHtml('The room', [
  ['calls a minute, at most', room.calls_per_minute],
  ['inside at a time, at most', room.max_active],
  ['a call can be claimed for, seconds', room.claim_s],
  ['a hold lasts, seconds', room.hold_s],
  ['the doors to the queue opened, seconds before', room.pre_queue_s],
])}</div>
<div>${tableHtml('How it ended for them', descending(endings))}
${tableHtml(
  'Processor time, seconds',
  descending(cpu_s).map(([name, seconds]) => [name, seconds.toFixed(1)]),
)}</div>`
}

type Row = readonly (string | number)[]

/** A name on the left, figures on the right. */
function tableHtml(title: string, rows: readonly Row[], header: readonly Row[] = []): string {
  const rowsHtml = (tag: 'th' | 'td', those: readonly Row[]): string => {
    const cell = (value: string | number, column: number): string =>
      `<${tag}${column === 0 ? '' : ' class="number"'}>${escaped(typeof value === 'number' ? count(value) : value)}</${tag}>`
    return those.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')
  }
  return `<h2>${title}</h2><table>${rowsHtml('th', header)}${rowsHtml('td', rows)}</table>`
}

function descending(figures: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(figures).toSorted(([, one], [, other]) => other - one)
}

function footerOf({ command, seed, conditions, system, figures, event_id }: Result): string {
  const { processors, model, memory_gib, load_before, load_after, node } = conditions
  const share = figures.simulator_cpu_share
  const simulator = `The simulator took ${share === null ? '' : `${Math.round(share * 100)} % of the system's processor time and `}${figures.simulator_mib} MiB.`
  return `${command} · seed ${seed} · ${system}, event ${event_id} · ${processors} × ${model}, ${memory_gib} GiB, load ${load_before} before and ${load_after} after · Node ${node}. ${simulator}`
}

function etaNote({ count: promises, medianError, withinTwice }: Result['figures']['eta']): string {
  if (promises === 0) return 'Nobody was promised anything.'
  return `Half of ${count(promises)} promises were off by less than ${Math.round(medianError * 100)} %; ${Math.round(withinTwice * 100)} % waited at most twice as long.`
}

interface Column {
  readonly at: number
  readonly seconds: readonly Second[]
}

/** Seconds in groups, so that a long run has no more points than can be seen. */
function columnsOf(series: readonly Second[]): Column[] {
  const each = Math.max(1, Math.ceil(series.length / mostColumns))
  const groups = Map.groupBy(series, (_, index) => Math.floor(index / each))
  return [...groups.values()].map((seconds) => ({ at: seconds[0]?.at ?? 0, seconds }))
}

function meanOf(seconds: readonly Second[], of: (second: Second) => number | null): number | null {
  const values = seconds.map(of).filter((value) => value !== null)
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length
}

function worst(seconds: readonly Second[], of: (second: Second) => number | null): number | null {
  const values = seconds.map(of).filter((value) => value !== null)
  return values.length === 0 ? null : Math.max(...values)
}

function sum(one: readonly (number | null)[], other: readonly (number | null)[]): number[] {
  return one.map((value, index) => (value ?? 0) + (other[index] ?? 0))
}

function inWords(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 120 ? `${whole} seconds` : `${clock(whole)} minutes`
}

function count(value: number): string {
  return value.toLocaleString('en')
}
