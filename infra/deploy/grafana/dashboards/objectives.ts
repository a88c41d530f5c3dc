import type { Dashboard, Panel } from './dashboard.ts'
import { once, orNone, sumBy } from './promql.ts'

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
      '99.9 % of holds and purchases do not fail by our fault; a lost seat, a declined card and a provider away are not.',
    ratio: 'selling:failures:ratio_rate',
    budget: 0.001,
  },
]

function burnRate({ title, promise, ratio, budget }: Objective): Panel {
  return {
    title,
    description: `${promise} 1 uses up the budget of 30 days in 30 days; 14.4 in two days, and pages.`,
    shows: 'lines',
    unit: 'short',
    width: 8,
    thresholds: { warn: 1, bad: 14.4 },
    queries: ['5m', '1h', '6h', '3d'].map((window) => ({
      expression: `max(${once(`${ratio}${window}`)}) / ${budget}`,
      legend: window,
    })),
  }
}

function budgetLeft({ title, promise, ratio, budget }: Objective): Panel {
  return {
    title: `${title}: budget of three days`,
    description: `${promise} What is left of the failures that three days may have; below 0 the promise is broken.`,
    shows: 'number',
    unit: 'percentunit',
    width: 8,
    queries: [{ expression: `1 - max(${once(`${ratio}3d`)}) / ${budget}`, legend: 'left' }],
  }
}

/** What we promise, how fast we use up the failures that it allows, and which alerts fire. */
export const serviceObjectives: Dashboard = {
  uid: 'objectives',
  title: 'Objectives and alerts',
  description: 'The first one to look at: what we promise, how it stands, what fires.',
  rows: [
    { title: 'Budget left', panels: objectives.map(budgetLeft) },
    { title: 'How fast the budget burns', panels: objectives.map(burnRate) },
    {
      title: 'Alerts and processes',
      panels: [
        {
          title: 'Alerts that fire',
          description: 'Each has a section in infra/deploy/prometheus/runbooks.md.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          thresholds: { bad: 1 },
          queries: [
            {
              expression: orNone('alertname', sumBy('alertname, severity', once('ALERTS{alertstate="firing"}'))),
              legend: '{{alertname}} {{severity}}',
            },
          ],
        },
        {
          title: 'Processes that answer',
          description: 'Instances of each kind whose metrics can be read.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          queries: [
            {
              expression: sumBy('job', once('up{job=~"gateway|.+-worker|auditor"}')),
              legend: '{{job}}',
            },
          ],
        },
      ],
    },
  ],
}
