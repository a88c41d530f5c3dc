import type { Dashboard } from './dashboard.ts'
import { maxBy, once, orNone, sumBy } from './promql.ts'

/** What must be true at any moment, and whether somebody still checks it. */
export const invariants: Dashboard = {
  uid: 'invariants',
  title: 'Invariants',
  description:
    'What the auditor finds: no seat sold twice, no money without a ticket, our books equal to the provider’s.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Violations',
          description: 'Of all invariants together. Anything but 0 is an incident.',
          shows: 'number',
          unit: 'short',
          width: 6,
          thresholds: { bad: 1 },
          queries: [{ expression: `sum(${once('invariant_violations')})`, legend: 'violations' }],
        },
        {
          title: 'Last audit',
          description:
            'How long ago it ended. The auditor audits every ten seconds, more seldom when an audit takes long.',
          shows: 'number',
          unit: 's',
          width: 6,
          thresholds: { warn: 60, bad: 300 },
          queries: [{ expression: `time() - max(${once('audit_last_success_timestamp_seconds')})`, legend: 'ago' }],
        },
        {
          title: 'Unchecked',
          description:
            'Checks that the last audit could not make, such as the ledger of a provider that does not answer.',
          shows: 'number',
          unit: 'short',
          width: 6,
          thresholds: { warn: 1, bad: 5 },
          queries: [{ expression: `sum(${once('audit_unchecked')})`, legend: 'unchecked' }],
        },
        {
          title: 'Facts given up',
          description: 'Since the auditor started. What they would have told others is not known there.',
          shows: 'number',
          unit: 'short',
          width: 6,
          thresholds: { bad: 1 },
          queries: [{ expression: `sum(${once('dead_letters_total')}) or vector(0)`, legend: 'given up' }],
        },
      ],
    },
    {
      title: 'Over time',
      panels: [
        {
          title: 'Violations by invariant',
          description:
            'I1 and I2: seats; I3 to I5: holds; I7 to I10: money; I13: ticket limits; I18: facts; I23: ends of sales; fences: the indexes they rely on.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          thresholds: { bad: 1 },
          queries: [{ expression: maxBy('invariant', once('invariant_violations')), legend: '{{invariant}}' }],
        },
        {
          title: 'Unchecked by invariant',
          description: 'Its violations are meanwhile those found before.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          queries: [{ expression: maxBy('invariant', once('audit_unchecked')), legend: '{{invariant}}' }],
        },
        {
          title: 'Length of an audit',
          description: 'Its snapshot holds back vacuum for as long.',
          shows: 'lines',
          unit: 's',
          width: 12,
          thresholds: { warn: 30, bad: 120 },
          queries: [{ expression: maxBy('instance', once('audit_duration_seconds')), legend: '{{instance}}' }],
        },
        {
          title: 'Facts given up by consumer',
          description: 'After their last delivery. The auditor’s log names their sequence in the stream.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          queries: [
            { expression: orNone('consumer', sumBy('consumer', once('dead_letters_total'))), legend: '{{consumer}}' },
          ],
        },
      ],
    },
  ],
}
