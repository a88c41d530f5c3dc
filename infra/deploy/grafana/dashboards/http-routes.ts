import { type Dashboard, lines } from './dashboard.ts'
import { each, line, once, perSecond, quantiles, shareOf, sumBy, sums, sumsOrNone, traced } from './promql.ts'

const duration = 'http_server_request_duration_seconds'
const chosen = 'http_route=~"$route"'
const route = 'http_request_method, http_route'
const status = 'http_response_status_code'
const requests = perSecond(`${duration}_count{${chosen}}`)
const failures = perSecond(`${duration}_count{${chosen}, ${status}=~"5.."}`)
const refusals = perSecond(`${duration}_count{${chosen}, ${status}=~"4.."}`)

/** Rate, errors and duration of every route. */
export const httpRoutes: Dashboard = {
  uid: 'http-routes',
  title: 'HTTP routes',
  description: 'Rate, errors and duration of every route of the gateways.',
  variables: [{ name: 'route', label: 'Route', valuesOf: { metric: `${duration}_count`, label: 'http_route' } }],
  // biome-ignore format: a panel in a few lines makes the table that it is
  rows: [
    { title: 'All chosen routes together', lines: [[
      lines('Requests by status', 'Answers a second by status code.', 'reqps', sums(status, requests)),
      lines('Requests under way', 'Requests that each gateway is answering. A line that climbs and stays: something behind it is stuck.',
        'short', sums('instance', once('http_server_active_requests'))),
    ]] },
    { title: 'Rate and errors', lines: [[
      lines('Requests by route', 'Requests a second.', 'reqps', sums(route, requests)),
      lines('Failures by route', 'Share of answers 5xx: our fault, or that of what we stand on.',
        'percentunit', each(route, shareOf({ part: failures, whole: requests, by: route })), { warn: 0.001, bad: 0.01 }),
    ], [
      lines('Failures by status', '500 is a bug, 502 the payment provider, 503 a worker unavailable or overloaded, 504 one too slow.',
        'reqps', sumsOrNone(`${status}, http_route`, failures)),
      lines('Refusals by route',
        'Answers 4xx a second: 409 is a lost seat, 429 a limit, 400 a client that errs. A rush makes many 409; that is normal.',
        'reqps', sumsOrNone(`${status}, http_route`, refusals)),
    ]] },
    { title: 'Streams of seats', lines: [[
      lines('Open streams', 'Pages that watch seats change. At MAX_STREAMS further ones are refused, which the next panel shows.',
        'short', sums('instance', once('seat_streams_open'))),
      lines('Streams ended and refused',
        'A second. left and renew are normal; slow_reader: dropped because the client did not read; refused: too many of one ' +
        'caller, or of all.',
        'ops', [
          sums('reason', perSecond('seat_streams_ended_total')),
          line('refused: {{limit}}', sumBy('limit', perSecond('seat_streams_refused_total'))),
        ]),
      lines('Delay of a batch, 99th percentile',
        'From hearing of a change until the last stream has it. Up to 0.1 s is waiting for others; more means more streams than ' +
        'this gateway can write to.',
        's', quantiles(0.99, 'instance', 'seat_stream_batch_delay_seconds'), { warn: 0.25, bad: 0.5 }),
    ]] },
    { title: 'Duration', lines: [[
      lines('Median by route', 'Half of the requests are faster. Points lead to traces.',
        's', traced(quantiles(0.5, route, duration, `{${chosen}}`))),
      lines('99th percentile by route', 'One request in a hundred is slower. Reads should stay below 250 ms. Points lead to traces.',
        's', traced(quantiles(0.99, route, duration, `{${chosen}}`)), { warn: 0.25, bad: 1 }),
    ]] },
  ],
}
