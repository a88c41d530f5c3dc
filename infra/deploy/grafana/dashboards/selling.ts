import { type Dashboard, lines, number } from './dashboard.ts'
import {
  each,
  line,
  medianAndP99,
  once,
  perSecond,
  quantiles,
  shareOf,
  sumBy,
  sums,
  sumsOrNone,
  traced,
} from './promql.ts'

const lost = 'holds_total{outcome=~"seat_unavailable|sold_out|not_enough_left|no_adjacent_seats"}'
const holds = perSecond('holds_total')
const provider = 'provider_request_duration_seconds'

const inLastHour = (counter: string): string => `sum(${once(`increase(${counter}[1h])`)})`
const maximum = (gauge: string): string => `max(${once(gauge)})`
const aMinute = (counter: string): string => `60 * sum(${perSecond(counter)})`
const aSecond = (counter: string): string => `sum(${perSecond(counter)})`
/** What a buyer waits for a request, at the gateway. */
const answersOf = (route: string) =>
  medianAndP99(
    'http_route',
    'http_server_request_duration_seconds',
    `{http_request_method="POST", http_route="${route}"}`,
  ).map(traced)

/** How a sale goes: seats, money, and the provider that moves it. */
export const selling: Dashboard = {
  uid: 'selling',
  title: 'Selling',
  description: 'Holds, seats and payments, and the payment provider behind them.',
  // biome-ignore format: a panel in a few lines makes the table that it is
  rows: [
    { title: 'The last hour', lines: [[
      number('Places sold', 'Seats and GA tickets of confirmed bookings.', 'short', line('sold', inLastHour('seats_sold_total'))),
      number('Places returned', 'Given back by buyers, or taken back after a payment that failed for good.',
        'short', line('returned', inLastHour('seats_returned_total'))),
      number('Lost to another buyer',
        'Share of holds refused because the places were taken. High in a rush; high in a calm sale: stale seat maps.',
        'percentunit', line('lost', `(${inLastHour(lost)} or vector(0)) / ${inLastHour('holds_total')}`)),
      number('Payments of unknown outcome', 'The provider did not say whether it took the money. The reconciler asks until it knows.',
        'short', line('unknown', `${inLastHour('payments_total{state="unknown"}')} or vector(0)`), { warn: 1, bad: 10 }),
    ]] },
    { title: 'Holds', lines: [[
      lines('Holds by outcome', 'held, or the error code that the buyer got.', 'ops', sums('outcome', holds)),
      lines('Share of conflicts', 'Holds refused because the places were taken, of all.',
        'percentunit', line('lost to another buyer', shareOf({ part: perSecond(lost), whole: holds, by: 'job' }))),
      lines('Time to hold', 'What a buyer waits for a hold, at the gateway. Points lead to traces.',
        's', answersOf('/events/:event_id/holds'), { warn: 0.25, bad: 1 }),
    ]] },
    { title: 'Batches of holds', lines: [[
      lines('Holds in one transaction', 'Requests that wait while a transaction is under way go into the next one together: at most 64.',
        'short', medianAndP99('job', 'hold_batch_size')),
      lines('Wait for a batch', 'Until the transaction that takes the places begins. It rises when the database is slow.',
        's', medianAndP99('job', 'hold_batch_wait_seconds'), { warn: 0.1, bad: 0.5 }),
      lines('Batches of one, by why',
        'Requests that may wait for locks, so in no batch with others: swaps, a busy buyer, an earlier hold that has run out, places that others are deciding about, or a batch that failed.',
        'ops', sums('why', perSecond('hold_batches_of_one_total'))),
    ]] },
    { title: 'Waiting rooms', lines: [[
      lines('Waiting and inside',
        'Of all waiting rooms together: places that were not called, sessions, and how many sessions there may be. Free sessions ' +
        'while buyers wait: the rate of calls is low, or nobody claims.',
        'short', [
          line('waiting', maximum('waiting_room_waiting')),
          line('inside', maximum('waiting_room_active')),
          line('called', maximum('waiting_room_called')),
          line('allowed inside', maximum('waiting_room_max_active')),
        ]),
      lines('Calls a minute',
        'The rate that the controller has set, the highest that the settings allow, and what was passed out. At 60 the workers are ' +
        'overloaded.',
        'short', [
          line('rate', maximum('waiting_room_calls_per_minute')),
          line('highest rate', maximum('waiting_room_max_calls_per_minute')),
          line('passes', aMinute('waiting_room_passes_total')),
          line('joins', aMinute('waiting_room_joins_total')),
          line('ended by a purchase', aMinute('waiting_room_finished_total')),
          line('beside the queue', aMinute('waiting_room_bypass_passes_total')),
        ]),
      lines('What the controller goes by',
        'Calls to booking workers under way, of 16, and the median time of a hold, of 150 ms; at 1 the rate stays, above it falls.',
        'percentunit', [
          line('calls under way', `${maximum('waiting_room_pending_calls')} / 16`),
          line('median hold', `${maximum('waiting_room_median_hold_seconds')} / 0.15`),
          line('rooms that are stuck', maximum('waiting_rooms_stuck')),
        ], { warn: 0.8, bad: 1 }),
    ]] },
    { title: 'Waiting lists', lines: [[
      lines('Buyers who wait', 'For places of sold-out events, all together.', 'short', line('waiting', maximum('waiting_list_length'))),
      lines('Offers, and those not paid for in time', 'None although buyers wait and places come back: no booking worker has its sweeper on.',
        'ops', [
          line('offered', aSecond('waiting_list_offers_total')),
          line('expired', aSecond('waiting_list_offers_expired_total')),
        ]),
    ]] },
    { title: 'Overload', lines: [[
      lines('New holds in flight, share of the limit', 'At 100 % a gateway refuses further holds, so that buyers who have one can pay.',
        'percentunit', each('instance', `${sumBy('instance', once('new_holds_in_flight'))} / ${sumBy('instance', once('new_holds_limit'))}`)),
      lines('Limit of new holds', '256 while holds are fast. It falls while a quarter of them take longer than SLOW_HOLD_MS.',
        'short', sums('instance', once('new_holds_limit'))),
      lines('New holds refused', 'Buyers who got 503 and Retry-After, a second. More booking workers or processors are needed.',
        'ops', sums('instance', perSecond('new_holds_refused_total'))),
    ]] },
    { title: 'Sales and payments', lines: [[
      lines('Places sold and returned', 'A second.',
        'ops', [line('sold', aSecond('seats_sold_total')), line('returned', aSecond('seats_returned_total'))]),
      lines('Payments by state', 'States that payments entered, a second. captured should follow authorised closely.',
        'ops', sums('state', perSecond('payments_total'))),
      lines('Time to buy', 'What a buyer waits for a purchase, at the gateway. Points lead to traces.',
        's', answersOf('/purchase'), { warn: 1, bad: 5 }),
    ]] },
    { title: 'Payment provider and refunds', lines: [[
      lines('Requests by outcome',
        'What was asked from the provider, and how the charge stands by its answer; no_answer is ours to find out.',
        'reqps', sums('operation, outcome', perSecond(`${provider}_count`))),
      lines('95th percentile by operation', 'Beyond PROVIDER_TIMEOUT_MS, 5 s unless set, an outcome counts as unknown.',
        's', traced(quantiles(0.95, 'operation', provider)), { warn: 2, bad: 5 }),
      lines('Refunds by state', 'States that refunds entered, a second. A cancelled event makes many, one after another.',
        'ops', sumsOrNone('state', perSecond('refunds_total'))),
    ]] },
  ],
}
