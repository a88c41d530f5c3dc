import type { Dashboard } from './dashboard.ts'
import { once, orNone, perSecond, quantile, shareOf, sumBy } from './promql.ts'

const holds = perSecond('holds_total')
const lostHolds = perSecond('holds_total{outcome=~"seat_unavailable|sold_out|not_enough_left|no_adjacent_seats"}')
const provider = 'provider_request_duration_seconds'

/** How a sale goes: seats, money, and the provider that moves it. */
export const selling: Dashboard = {
  uid: 'selling',
  title: 'Selling',
  description: 'Holds, seats and payments, and the payment provider behind them.',
  rows: [
    {
      title: 'The last hour',
      panels: [
        {
          title: 'Places sold',
          description: 'Seats and standing places of confirmed bookings.',
          shows: 'number',
          unit: 'short',
          width: 6,
          queries: [{ expression: `sum(${once('increase(seats_sold_total[1h])')})`, legend: 'sold' }],
        },
        {
          title: 'Places returned',
          description: 'Given back by buyers, or taken back after a payment that failed for good.',
          shows: 'number',
          unit: 'short',
          width: 6,
          queries: [{ expression: `sum(${once('increase(seats_returned_total[1h])')})`, legend: 'returned' }],
        },
        {
          title: 'Lost to another buyer',
          description:
            'Share of holds refused because the places were taken. High in a rush; high in a calm sale: stale seat maps.',
          shows: 'number',
          unit: 'percentunit',
          width: 6,
          queries: [
            {
              expression:
                `(sum(${once('increase(holds_total{outcome=~"seat_unavailable|sold_out|not_enough_left|no_adjacent_seats"}[1h])')}) or vector(0))` +
                ` / sum(${once('increase(holds_total[1h])')})`,
              legend: 'lost',
            },
          ],
        },
        {
          title: 'Payments of unknown outcome',
          description: 'The provider did not say whether it took the money. The reconciler asks until it knows.',
          shows: 'number',
          unit: 'short',
          width: 6,
          thresholds: { warn: 1, bad: 10 },
          queries: [
            {
              expression: `sum(${once('increase(payments_total{state="unknown"}[1h])')}) or vector(0)`,
              legend: 'unknown',
            },
          ],
        },
      ],
    },
    {
      title: 'Holds',
      panels: [
        {
          title: 'Holds by outcome',
          description: 'held, or the error code that the buyer got.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [{ expression: sumBy('outcome', holds), legend: '{{outcome}}' }],
        },
        {
          title: 'Share of conflicts',
          description: 'Holds refused because the places were taken, of all.',
          shows: 'lines',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              expression: shareOf({ part: lostHolds, whole: holds, by: 'job' }),
              legend: 'lost to another buyer',
            },
          ],
        },
        {
          title: 'Time to hold',
          description: 'What a buyer waits for a hold, at the gateway. Points lead to traces.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 0.25, bad: 1 },
          queries: [0.5, 0.99].map((share) => ({
            expression: quantile(share, 'http_route', {
              name: 'http_server_request_duration_seconds',
              where: '{http_request_method="POST", http_route="/events/:event_id/holds"}',
            }),
            legend: `${share * 100} %`,
            exemplars: true,
          })),
        },
      ],
    },
    {
      title: 'Batches of holds',
      panels: [
        {
          title: 'Holds in one transaction',
          description: 'Requests that wait while a transaction is under way go into the next one together: at most 64.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [0.5, 0.99].map((share) => ({
            expression: quantile(share, 'job', { name: 'hold_batch_size' }),
            legend: `${share * 100} %`,
          })),
        },
        {
          title: 'Wait for a batch',
          description: 'Until the transaction that takes the places begins. It rises when the database is slow.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 0.1, bad: 0.5 },
          queries: [0.5, 0.99].map((share) => ({
            expression: quantile(share, 'job', { name: 'hold_batch_wait_seconds' }),
            legend: `${share * 100} %`,
          })),
        },
        {
          title: 'Batches of one, by why',
          description:
            'Requests that may wait for locks, so in no batch with others: swaps, a busy buyer, an earlier hold that has run out, places that others are deciding about, or a batch that failed.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [{ expression: sumBy('why', perSecond('hold_batches_of_one_total')), legend: '{{why}}' }],
        },
      ],
    },
    {
      title: 'Waiting rooms',
      panels: [
        {
          title: 'Waiting and inside',
          description:
            'Of all waiting rooms together: places that were not called, sessions, and how many sessions there may be. Free sessions ' +
            'while buyers wait: the rate of calls is low, or nobody claims.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [
            { expression: `max(${once('waiting_room_waiting')})`, legend: 'waiting' },
            { expression: `max(${once('waiting_room_active')})`, legend: 'inside' },
            { expression: `max(${once('waiting_room_called')})`, legend: 'called' },
            { expression: `max(${once('waiting_room_max_active')})`, legend: 'allowed inside' },
          ],
        },
        {
          title: 'Calls a minute',
          description:
            'The rate that the controller has set, the highest that the settings allow, and what was passed out. At 60 the workers are ' +
            'overloaded.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [
            { expression: `max(${once('waiting_room_calls_per_minute')})`, legend: 'rate' },
            { expression: `max(${once('waiting_room_max_calls_per_minute')})`, legend: 'highest rate' },
            { expression: `60 * sum(${perSecond('waiting_room_passes_total')})`, legend: 'passes' },
            { expression: `60 * sum(${perSecond('waiting_room_joins_total')})`, legend: 'joins' },
            { expression: `60 * sum(${perSecond('waiting_room_finished_total')})`, legend: 'ended by a purchase' },
            { expression: `60 * sum(${perSecond('waiting_room_bypass_passes_total')})`, legend: 'beside the queue' },
          ],
        },
        {
          title: 'What the controller goes by',
          description:
            'Calls to booking workers under way, of 16, and the median time of a hold, of 150 ms; at 1 the rate stays, above it falls.',
          shows: 'lines',
          unit: 'percentunit',
          width: 8,
          thresholds: { warn: 0.8, bad: 1 },
          queries: [
            { expression: `max(${once('waiting_room_pending_calls')}) / 16`, legend: 'calls under way' },
            { expression: `max(${once('waiting_room_median_hold_seconds')}) / 0.15`, legend: 'median hold' },
            { expression: `max(${once('waiting_rooms_stuck')})`, legend: 'rooms that are stuck' },
          ],
        },
      ],
    },
    {
      title: 'Waiting lists',
      panels: [
        {
          title: 'Buyers who wait',
          description: 'For places of sold-out events, all together.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          queries: [{ expression: `max(${once('waiting_list_length')})`, legend: 'waiting' }],
        },
        {
          title: 'Offers, and those not paid for in time',
          description: 'None although buyers wait and places come back: no booking worker has its sweeper on.',
          shows: 'lines',
          unit: 'ops',
          width: 12,
          queries: [
            { expression: `sum(${perSecond('waiting_list_offers_total')})`, legend: 'offered' },
            { expression: `sum(${perSecond('waiting_list_offers_expired_total')})`, legend: 'expired' },
          ],
        },
      ],
    },
    {
      title: 'Overload',
      panels: [
        {
          title: 'New holds in flight, share of the limit',
          description: 'At 100 % a gateway refuses further holds, so that buyers who have one can pay.',
          shows: 'lines',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              expression: `${sumBy('instance', once('new_holds_in_flight'))} / ${sumBy('instance', once('new_holds_limit'))}`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Limit of new holds',
          description: '256 while holds are fast. It falls while a quarter of them take longer than SLOW_HOLD_MS.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [{ expression: sumBy('instance', once('new_holds_limit')), legend: '{{instance}}' }],
        },
        {
          title: 'New holds refused',
          description: 'Buyers who got 503 and Retry-After, a second. More booking workers or processors are needed.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [{ expression: sumBy('instance', perSecond('new_holds_refused_total')), legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Sales and payments',
      panels: [
        {
          title: 'Places sold and returned',
          description: 'A second.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [
            { expression: `sum(${perSecond('seats_sold_total')})`, legend: 'sold' },
            { expression: `sum(${perSecond('seats_returned_total')})`, legend: 'returned' },
          ],
        },
        {
          title: 'Payments by state',
          description: 'States that payments entered, a second. captured should follow authorised closely.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [{ expression: sumBy('state', perSecond('payments_total')), legend: '{{state}}' }],
        },
        {
          title: 'Time to buy',
          description: 'What a buyer waits for a purchase, at the gateway. Points lead to traces.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 1, bad: 5 },
          queries: [0.5, 0.99].map((share) => ({
            expression: quantile(share, 'http_route', {
              name: 'http_server_request_duration_seconds',
              where: '{http_request_method="POST", http_route="/purchase"}',
            }),
            legend: `${share * 100} %`,
            exemplars: true,
          })),
        },
      ],
    },
    {
      title: 'Payment provider and refunds',
      panels: [
        {
          title: 'Requests by outcome',
          description:
            'What was asked from the provider, and how the charge stands by its answer; no_answer is ours to find out.',
          shows: 'lines',
          unit: 'reqps',
          width: 8,
          queries: [
            {
              expression: sumBy('operation, outcome', perSecond(`${provider}_count`)),
              legend: '{{operation}} {{outcome}}',
            },
          ],
        },
        {
          title: '95th percentile by operation',
          description: 'Beyond PROVIDER_TIMEOUT_MS, 5 s unless set, an outcome counts as unknown.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 2, bad: 5 },
          queries: [
            { expression: quantile(0.95, 'operation', { name: provider }), legend: '{{operation}}', exemplars: true },
          ],
        },
        {
          title: 'Refunds by state',
          description: 'States that refunds entered, a second. A cancelled event makes many, one after another.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [{ expression: orNone('state', sumBy('state', perSecond('refunds_total'))), legend: '{{state}}' }],
        },
      ],
    },
  ],
}
