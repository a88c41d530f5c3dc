import { type Dashboard, lines, number } from './dashboard.ts'
import { highest, line, once, sumsOrNone } from './promql.ts'

/** What must be true at any moment, and whether somebody still checks it. */
export const invariants: Dashboard = {
  uid: 'invariants',
  title: 'Invariants',
  description:
    'What the auditor finds: no seat sold twice, no money without a ticket, our books equal to the provider’s.',
  // biome-ignore format: a panel in a few lines makes the table that it is
  rows: [
    { title: 'Now', lines: [[
      number('Violations', 'Of all invariants together. Anything but 0 is an incident.',
        'short', line('violations', `sum(${once('invariant_violations')})`), { bad: 1 }),
      number('Last audit', 'How long ago it ended. The auditor audits every ten seconds, more seldom when an audit takes long.',
        's', line('ago', `time() - max(${once('audit_last_success_timestamp_seconds')})`), { warn: 60, bad: 300 }),
      number('Unchecked', 'Checks that the last audit could not make, such as the ledger of a provider that does not answer.',
        'short', line('unchecked', `sum(${once('audit_unchecked')})`), { warn: 1, bad: 5 }),
      number('Facts given up', 'Since the auditor started. What they would have told others is not known there.',
        'short', line('given up', `sum(${once('dead_letters_total')}) or vector(0)`), { bad: 1 }),
    ]] },
    { title: 'Over time', lines: [[
      lines('Violations by invariant',
        'I1 and I2: seats; I3 to I5: holds; I7 to I10: money; I13: ticket limits; I18: facts; I23: ends of sales; fences: the indexes they rely on.',
        'short', highest('invariant', once('invariant_violations')), { bad: 1 }),
      lines('Unchecked by invariant', 'Its violations are meanwhile those found before.',
        'short', highest('invariant', once('audit_unchecked'))),
    ], [
      lines('Length of an audit', 'Its snapshot holds back vacuum for as long.',
        's', highest('instance', once('audit_duration_seconds')), { warn: 30, bad: 120 }),
      lines('Facts given up by consumer', 'After their last delivery. The auditor’s log names their sequence in the stream.',
        'short', sumsOrNone('consumer', once('dead_letters_total'))),
    ]] },
  ],
}
