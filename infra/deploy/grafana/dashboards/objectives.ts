import { type Dashboard, lines, number, type Panel } from './dashboard.ts'
import { line, once, sums, sumsOrNone } from './promql.ts'

interface Objective {
  readonly title: string
  readonly promise: string
  /** Recorded by `infra/deploy/prometheus/rules/objectives.yml` for several windows. */
  readonly ratio: string
  /** The share that may fail. */
  readonly budget: number
}

const objectives: readonly Objective[] = [
  {
    title: 'The API answers',
    promise: '99.9 % of all requests are not answered by 5xx.',
    ratio: 'api:failures:ratio_rate',
    budget: 0.001,
  },
  {
    title: 'Reads are fast',
    promise: '99 % of successful GETs take at most 250 ms.',
    ratio: 'reads:slow:ratio_rate',
    budget: 0.01,
  },
  {
    title: 'Selling works',
    promise:
      '99.9 % of holds and purchases do not fail by our fault; a lost seat, a declined card and an unavailable provider are not.',
    ratio: 'selling:failures:ratio_rate',
    budget: 0.001,
  },
]

function burnRate({ title, promise, ratio, budget }: Objective): Panel {
  const description = `${promise} 1 uses up the budget of 30 days in 30 days; 14.4 in two days, and pages.`
  const windows = ['5m', '1h', '6h', '3d'].map((window) =>
    line(window, `max(${once(`${ratio}${window}`)}) / ${budget}`),
  )
  return lines(title, description, 'short', windows, { warn: 1, bad: 14.4 })
}

function budgetLeft({ title, promise, ratio, budget }: Objective): Panel {
  const description = `${promise} What is left of the failures that three days may have; below 0 the promise is broken.`
  const left = line('left', `1 - max(${once(`${ratio}3d`)}) / ${budget}`)
  return number(`${title}: budget of three days`, description, 'percentunit', left)
}

/** What we promise, how fast we use up the failures that it allows, and which alerts fire. */
export const serviceObjectives: Dashboard = {
  uid: 'objectives',
  title: 'Objectives and alerts',
  description: 'The first one to look at: what we promise, how it stands, what fires.',
  // biome-ignore format: a panel in a few lines makes the table that it is
  rows: [
    { title: 'Budget left', lines: [objectives.map(budgetLeft)] },
    { title: 'How fast the budget burns', lines: [objectives.map(burnRate)] },
    { title: 'Alerts and processes', lines: [[
      lines('Alerts that fire', 'Each has a section in infra/deploy/prometheus/runbooks.md.',
        'short', sumsOrNone('alertname, severity', once('ALERTS{alertstate="firing"}')), { bad: 1 }),
      lines('Processes that answer', 'Instances of each kind whose metrics can be read.',
        'short', sums('job', once('up{job=~"gateway|.+-worker|auditor"}'))),
    ]] },
  ],
}
