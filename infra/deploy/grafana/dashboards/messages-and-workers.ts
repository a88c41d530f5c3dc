import type { Dashboard } from './dashboard.ts'
import { maxBy, once, orNone, perSecond, quantile, sumBy } from './promql.ts'

const calls = 'messaging_client_operation_duration_seconds'
const work = 'messaging_process_duration_seconds'
const queries = 'db_client_operation_duration_seconds'
const subject = 'messaging_destination_name'
const pool = 'instance, db_client_connection_pool_name'

/** Who calls whom over NATS, how it goes, and whether each process has what it needs. */
export const messagesAndWorkers: Dashboard = {
  uid: 'messages-and-workers',
  title: 'NATS and workers',
  description:
    'Rate, errors and duration of every subject on both of its sides, and the room that each process has left.',
  rows: [
    {
      title: 'Calls, as the caller sees them',
      panels: [
        {
          title: 'Calls by subject',
          description: 'Requests sent a second, by gateways and workers.',
          shows: 'lines',
          unit: 'reqps',
          width: 8,
          queries: [{ expression: sumBy(subject, perSecond(`${calls}_count`)), legend: `{{${subject}}}` }],
        },
        {
          title: 'Refusals and failures',
          description:
            'Calls that were not answered with a result, by error code. seat_unavailable is a rush; no_worker, worker_timeout, ' +
            'overloaded, unavailable and internal are faults.',
          shows: 'lines',
          unit: 'reqps',
          width: 8,
          queries: [
            {
              expression: orNone(
                'error_type',
                sumBy(`error_type, ${subject}`, perSecond(`${calls}_count{error_type!=""}`)),
              ),
              legend: `{{error_type}} {{${subject}}}`,
            },
          ],
        },
        {
          title: '99th percentile of a call',
          description:
            'From sending to the answer. Much more than the same subject takes in the worker: requests queue.',
          shows: 'lines',
          unit: 's',
          width: 8,
          queries: [
            { expression: quantile(0.99, subject, { name: calls }), legend: `{{${subject}}}`, exemplars: true },
          ],
        },
        {
          title: 'Calls nobody listened to',
          description: 'No worker of that kind was connected. The caller hears it at once and answers 503.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          thresholds: { bad: 0.01 },
          queries: [
            {
              expression: orNone(subject, sumBy(subject, perSecond(`${calls}_count{error_type="no_worker"}`))),
              legend: `{{${subject}}}`,
            },
          ],
        },
        {
          title: 'Calls out of time',
          description: 'A worker took the request and did not answer in time: frozen, or waiting for Postgres.',
          shows: 'lines',
          unit: 'reqps',
          width: 12,
          thresholds: { bad: 0.01 },
          queries: [
            {
              expression: orNone(subject, sumBy(subject, perSecond(`${calls}_count{error_type="worker_timeout"}`))),
              legend: `{{${subject}}}`,
            },
          ],
        },
      ],
    },
    {
      title: 'Requests and facts, as the worker sees them',
      panels: [
        {
          title: 'Handled by subject',
          description: 'Requests and facts handled a second, by subject and queue group or consumer.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [
            {
              expression: sumBy(`${subject}, messaging_consumer_group_name`, perSecond(`${work}_count`)),
              legend: `{{messaging_consumer_group_name}} {{${subject}}}`,
            },
          ],
        },
        {
          title: 'Refused or failed by subject',
          description: 'The same errors where they arise. internal is a bug and in the log with its stack.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [
            {
              expression: orNone(
                'error_type',
                sumBy(`error_type, ${subject}`, perSecond(`${work}_count{error_type!=""}`)),
              ),
              legend: `{{error_type}} {{${subject}}}`,
            },
          ],
        },
        {
          title: '99th percentile of handling',
          description: 'The work alone, without the way there and back. Points lead to traces.',
          shows: 'lines',
          unit: 's',
          width: 8,
          queries: [{ expression: quantile(0.99, subject, { name: work }), legend: `{{${subject}}}`, exemplars: true }],
        },
      ],
    },
    {
      title: 'Room left',
      panels: [
        {
          title: 'In flight by operation',
          description: 'Requests that workers have begun and not answered. Replicas are added by this number.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [{ expression: sumBy('operation', once('operations_in_flight')), legend: '{{operation}}' }],
        },
        {
          title: 'In flight, share of the limit',
          description: 'At 100 % further requests are refused as overloaded.',
          shows: 'lines',
          unit: 'percentunit',
          width: 8,
          thresholds: { warn: 0.5, bad: 0.9 },
          queries: [
            {
              expression: `${sumBy('instance', once('operations_in_flight'))} / ${maxBy('instance', once('operations_in_flight_limit'))}`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Connected to NATS',
          description: '1 while connected. A process that is not answers nothing; its probes say so too.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          queries: [{ expression: maxBy('instance', once('nats_connected')), legend: '{{instance}}' }],
        },
        {
          title: 'Event loop delay, 99th percentile',
          description: 'How late timers fire. Everything that a process does is late by as much.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 0.05, bad: 0.2 },
          queries: [
            { expression: maxBy('instance', once('nodejs_eventloop_delay_p99_seconds')), legend: '{{instance}}' },
          ],
        },
        {
          title: 'Event loop utilisation',
          description: 'Share of the time that a process has work to do. Near 100 % it needs a second instance.',
          shows: 'lines',
          unit: 'percentunit',
          width: 8,
          thresholds: { warn: 0.7, bad: 0.9 },
          queries: [
            { expression: maxBy('instance', once('nodejs_eventloop_utilization_ratio')), legend: '{{instance}}' },
          ],
        },
        {
          title: 'Resident memory',
          description: 'A line that only climbs is a leak.',
          shows: 'lines',
          unit: 'bytes',
          width: 8,
          queries: [{ expression: maxBy('instance', once('process_resident_memory_bytes')), legend: '{{instance}}' }],
        },
        {
          title: 'Processor time',
          description: 'Seconds of CPU a second: 1 is one core.',
          shows: 'lines',
          unit: 'short',
          width: 12,
          queries: [{ expression: maxBy('instance', perSecond('process_cpu_seconds_total')), legend: '{{instance}}' }],
        },
        {
          title: 'Running for',
          description: 'Since the start of each process. A saw is a process that dies again and again.',
          shows: 'lines',
          unit: 's',
          width: 12,
          queries: [
            { expression: `time() - ${maxBy('instance', once('process_start_time_seconds'))}`, legend: '{{instance}}' },
          ],
        },
      ],
    },
    {
      title: 'Postgres and the outbox',
      panels: [
        {
          title: 'Connections in use, share of the pool',
          description: 'At 100 % operations wait for one another. An event worker has a pool of its own for reads.',
          shows: 'lines',
          unit: 'percentunit',
          width: 8,
          thresholds: { warn: 0.7, bad: 0.95 },
          queries: [
            {
              expression: `${sumBy(pool, once('db_client_connections{db_client_connection_state="used"}'))} / ${maxBy(pool, once('db_client_connection_max'))}`,
              legend: '{{instance}} {{db_client_connection_pool_name}}',
            },
          ],
        },
        {
          title: 'Waiting for a connection',
          description: 'Operations that found none free.',
          shows: 'lines',
          unit: 'short',
          width: 8,
          thresholds: { bad: 1 },
          queries: [
            {
              expression: maxBy(pool, once('db_client_connection_pending_requests')),
              legend: '{{instance}} {{db_client_connection_pool_name}}',
            },
          ],
        },
        {
          title: '99th percentile of a query',
          description: 'By kind of statement. All of them slow: the database; one of them: an index.',
          shows: 'lines',
          unit: 's',
          width: 8,
          queries: [
            {
              expression: quantile(0.99, 'job, db_operation_name', { name: queries }),
              legend: '{{job}} {{db_operation_name}}',
              exemplars: true,
            },
          ],
        },
        {
          title: 'Failed queries',
          description: 'By error. A few serialisation failures are normal and repeated.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [
            {
              expression: orNone('error_type', sumBy('job, error_type', perSecond(`${queries}_count{error_type!=""}`))),
              legend: '{{job}} {{error_type}}',
            },
          ],
        },
        {
          title: 'Oldest fact that waits',
          description:
            'Age of the oldest row of each outbox, 0 when it is empty. It grows while JetStream is away; nothing is lost meanwhile.',
          shows: 'lines',
          unit: 's',
          width: 8,
          thresholds: { warn: 5, bad: 30 },
          queries: [{ expression: maxBy('schema', once('outbox_oldest_age_seconds')), legend: '{{schema}}' }],
        },
        {
          title: 'Facts published',
          description: 'Rows of each outbox that reached JetStream, a second.',
          shows: 'lines',
          unit: 'ops',
          width: 8,
          queries: [{ expression: sumBy('schema', perSecond('outbox_published_total')), legend: '{{schema}}' }],
        },
        {
          title: 'Rows deleted by retention',
          description:
            'Rows a second that were older than their rule allows, by table. Nothing for days while tickets are sold: it stands.',
          shows: 'lines',
          unit: 'ops',
          width: 12,
          queries: [{ expression: sumBy('table', perSecond('retention_deleted_rows_total')), legend: '{{table}}' }],
        },
        {
          title: 'Oldest row by retention rule',
          description:
            'Age of the oldest row that a rule will delete. Far above the days of the rule: deleting cannot keep up.',
          shows: 'lines',
          unit: 's',
          width: 12,
          queries: [
            { expression: maxBy('rule, table', once('retention_oldest_age_seconds')), legend: '{{rule}} {{table}}' },
          ],
        },
      ],
    },
  ],
}
