import { type Dashboard, lines } from './dashboard.ts'
import {
  each,
  highest,
  line,
  maxBy,
  once,
  orNone,
  perSecond,
  quantiles,
  sumBy,
  sums,
  sumsOrNone,
  traced,
} from './promql.ts'

const calls = 'messaging_client_operation_duration_seconds'
const work = 'messaging_process_duration_seconds'
const queries = 'db_client_operation_duration_seconds'
const subject = 'messaging_destination_name'
const group = 'messaging_consumer_group_name'
const pool = 'instance, db_client_connection_pool_name'

const inFlight = once('operations_in_flight')
const connectionsUsed = once('db_client_connections{db_client_connection_state="used"}')

/** Who calls whom over NATS, how it goes, and whether each process has what it needs. */
export const messagesAndWorkers: Dashboard = {
  uid: 'messages-and-workers',
  title: 'NATS and workers',
  description:
    'Rate, errors and duration of every subject on both of its sides, and the room that each process has left.',
  // biome-ignore format: a panel in a few lines makes the table that it is
  rows: [
    { title: 'Calls, as the caller sees them', lines: [[
      lines('Calls by subject', 'Requests sent a second, by gateways and workers.', 'reqps', sums(subject, perSecond(`${calls}_count`))),
      lines('Refusals and failures',
        'Calls that were not answered with a result, by error code. seat_unavailable is a rush; no_worker, worker_timeout, ' +
        'overloaded, unavailable and internal are faults.',
        'reqps', sumsOrNone(`error_type, ${subject}`, perSecond(`${calls}_count{error_type!=""}`))),
      lines('99th percentile of a call', 'From sending to the answer. Much more than the same subject takes in the worker: requests queue.',
        's', traced(quantiles(0.99, subject, calls))),
    ], [
      lines('Calls nobody listened to', 'No worker of that kind was connected. The caller hears it at once and answers 503.',
        'reqps', sumsOrNone(subject, perSecond(`${calls}_count{error_type="no_worker"}`)), { bad: 0.01 }),
      lines('Calls out of time', 'A worker took the request and did not answer in time: frozen, or waiting for Postgres.',
        'reqps', sumsOrNone(subject, perSecond(`${calls}_count{error_type="worker_timeout"}`)), { bad: 0.01 }),
    ]] },
    { title: 'Requests and facts, as the worker sees them', lines: [[
      lines('Handled by subject', 'Requests and facts handled a second, by subject and queue group or consumer.',
        'ops', line(`{{${group}}} {{${subject}}}`, sumBy(`${subject}, ${group}`, perSecond(`${work}_count`)))),
      lines('Refused or failed by subject', 'The same errors where they arise. internal is a bug and in the log with its stack.',
        'ops', sumsOrNone(`error_type, ${subject}`, perSecond(`${work}_count{error_type!=""}`))),
      lines('99th percentile of handling', 'The work alone, without the way there and back. Points lead to traces.',
        's', traced(quantiles(0.99, subject, work))),
    ]] },
    { title: 'Room left', lines: [[
      lines('In flight by operation', 'Requests that workers have begun and not answered. Replicas are added by this number.',
        'short', sums('operation', inFlight)),
      lines('In flight, share of the limit', 'At 100 % further requests are refused as overloaded.',
        'percentunit', each('instance', `${sumBy('instance', inFlight)} / ${maxBy('instance', once('operations_in_flight_limit'))}`),
        { warn: 0.5, bad: 0.9 }),
      lines('Connected to NATS', '1 while connected. A process that is not answers nothing; its probes say so too.',
        'short', highest('instance', once('nats_connected'))),
    ], [
      lines('Event loop delay, 99th percentile', 'How late timers fire. Everything that a process does is late by as much.',
        's', highest('instance', once('nodejs_eventloop_delay_p99_seconds')), { warn: 0.05, bad: 0.2 }),
      lines('Event loop utilisation', 'Share of the time that a process has work to do. Near 100 % it needs a second instance.',
        'percentunit', highest('instance', once('nodejs_eventloop_utilization_ratio')), { warn: 0.7, bad: 0.9 }),
      lines('Resident memory', 'A line that only climbs is a leak.', 'bytes', highest('instance', once('process_resident_memory_bytes'))),
    ], [
      lines('Processor time', 'Seconds of CPU a second: 1 is one core.', 'short', highest('instance', perSecond('process_cpu_seconds_total'))),
      lines('Running for', 'Since the start of each process. A saw is a process that dies again and again.',
        's', each('instance', `time() - ${maxBy('instance', once('process_start_time_seconds'))}`)),
    ]] },
    { title: 'Postgres and the outbox', lines: [[
      lines('Connections in use, share of the pool', 'At 100 % operations wait for one another. An event worker has a pool of its own for reads.',
        'percentunit', each(pool, `${sumBy(pool, connectionsUsed)} / ${maxBy(pool, once('db_client_connection_max'))}`),
        { warn: 0.7, bad: 0.95 }),
      lines('Waiting for a connection', 'Operations that found none free.',
        'short', highest(pool, once('db_client_connection_pending_requests')), { bad: 1 }),
      lines('99th percentile of a query', 'By kind of statement. All of them slow: the database; one of them: an index.',
        's', traced(quantiles(0.99, 'job, db_operation_name', queries))),
    ], [
      lines('Failed queries', 'By error. A few serialisation failures are normal and repeated.',
        'ops', each('job, error_type', orNone('error_type', sumBy('job, error_type', perSecond(`${queries}_count{error_type!=""}`))))),
      lines('Oldest fact that waits',
        'Age of the oldest row of each outbox, 0 when it is empty. It grows while JetStream is unavailable; nothing is lost meanwhile.',
        's', highest('schema', once('outbox_oldest_age_seconds')), { warn: 5, bad: 30 }),
      lines('Facts published', 'Rows of each outbox that reached JetStream, a second.',
        'ops', sums('schema', perSecond('outbox_published_total'))),
    ], [
      lines('Rows deleted by retention',
        'Rows a second that were older than their rule allows, by table. Zero for days during sales: the job has stopped.',
        'ops', sums('table', perSecond('retention_deleted_rows_total'))),
      lines('Oldest row by retention rule',
        'Age of the oldest row that a rule will delete. Far above the days of the rule: deleting cannot keep up.',
        's', highest('rule, table', once('retention_oldest_age_seconds'))),
    ]] },
  ],
}
