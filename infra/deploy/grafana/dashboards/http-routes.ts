import type { Dashboard } from './dashboard.ts'
import { once, orNone, perSecond, quantile, shareOf, sumBy } from './promql.ts'

const duration = 'http_server_request_duration_seconds'
const chosen = 'http_route=~"$route"'
const requests = perSecond(`${duration}_count{${chosen}}`)
const failures = perSecond(`${duration}_count{${chosen}, http_response_status_code=~"5.."}`)

/** Rate, errors and duration of every route. */
export const httpRoutes: Dashboard = {
  uid: 'http-routes',
  title: 'HTTP routes',
  description: 'Rate, errors and duration of every route of the gateways.',
  variables: [{ name: 'route', label: 'Route', valuesOf: { metric: `${duration}_count`, label: 'http_route' } }],
  rows: [
    {
      title: 'All chosen routes together',
      panels: [
        {
          title: 'Requests by status',
          description: 'Answers a second by status code.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [
            { expression: sumBy('http_response_status_code', requests), legend: '{{http_response_status_code}}' },
          ],
        },
        {
          title: 'Requests under way',
          description:
            'Requests that each gateway is answering. A line that climbs and stays: something behind it is stuck.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          queries: [{ expression: sumBy('instance', once('http_server_active_requests')), legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Rate and errors',
      panels: [
        {
          title: 'Requests by route',
          description: 'Requests a second.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expression: sumBy('http_request_method, http_route', requests),
              legend: '{{http_request_method}} {{http_route}}',
            },
          ],
        },
        {
          title: 'Failures by route',
          description: 'Share of answers 5xx: our fault, or that of what we stand on.',
          shows: 'lines',
          unit: 'percentunit',
          width: 12,
          thresholds: { warn: 0.001, bad: 0.01 },
          queries: [
            {
              expression: shareOf({ part: failures, whole: requests, by: 'http_request_method, http_route' }),
              legend: '{{http_request_method}} {{http_route}}',
            },
          ],
        },
        {
          title: 'Failures by status',
          description: '500 is a bug, 502 the payment provider, 503 a worker away or overloaded, 504 one too slow.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expression: orNone('http_response_status_code', sumBy('http_response_status_code, http_route', failures)),
              legend: '{{http_response_status_code}} {{http_route}}',
            },
          ],
        },
        {
          title: 'Refusals by route',
          description:
            'Answers 4xx a second: 409 is a lost seat, 429 a limit, 400 a client that errs. A rush makes many 409; that is normal.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expression: orNone(
                'http_response_status_code',
                sumBy(
                  'http_response_status_code, http_route',
                  perSecond(`${duration}_count{${chosen}, http_response_status_code=~"4.."}`),
                ),
              ),
              legend: '{{http_response_status_code}} {{http_route}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Streams of seats',
      panels: [
        {
          title: 'Open streams',
          description:
            'Pages that watch seats change. At MAX_STREAMS further ones are refused, which the next panel shows.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [{ expression: sumBy('instance', once('seat_streams_open')), legend: '{{instance}}' }],
        },
        {
          title: 'Streams ended and refused',
          description:
            'A second. left and renew are normal; slow_reader: dropped because the client did not read; refused: too many of one ' +
            'caller, or of all.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [
            { expression: sumBy('reason', perSecond('seat_streams_ended_total')), legend: '{{reason}}' },
            { expression: sumBy('limit', perSecond('seat_streams_refused_total')), legend: 'refused: {{limit}}' },
          ],
        },
        {
          title: 'Delay of a batch, 99th percentile',
          description:
            'From hearing of a change until the last stream has it. Up to 0.1 s is waiting for others; more means more streams than ' +
            'this gateway can write to.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 0.25, bad: 0.5 },
          queries: [
            {
              expression: quantile(0.99, 'instance', { name: 'seat_stream_batch_delay_seconds' }),
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Duration',
      panels: [
        {
          title: 'Median by route',
          description: 'Half of the requests are faster. Points lead to traces.',
          shows: 'lines',
          unit: 's',
          width: 12,
          queries: [
            {
              expression: quantile(0.5, 'http_request_method, http_route', { name: duration, where: `{${chosen}}` }),
              legend: '{{http_request_method}} {{http_route}}',
              exemplars: true,
            },
          ],
        },
        {
          title: '99th percentile by route',
          description: 'One request in a hundred is slower. Reads should stay below 250 ms. Points lead to traces.',
          shows: 'lines',
          unit: 's',
          width: 12,
          thresholds: { warn: 0.25, bad: 1 },
          queries: [
            {
              expression: quantile(0.99, 'http_request_method, http_route', { name: duration, where: `{${chosen}}` }),
              legend: '{{http_request_method}} {{http_route}}',
              exemplars: true,
            },
          ],
        },
      ],
    },
  ],
}
