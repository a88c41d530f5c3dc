import test from 'ava'
import { allDashboards } from '../../infra/deploy/grafana/dashboards/all-dashboards.ts'
import type { Server } from '../../infra/system/server.ts'
import { prometheusFolder, readAlerts, ruleFiles } from '../support/alert-rules.ts'
import { forFile } from '../support/for-file.ts'
import { startObservedSystem } from '../support/observed-system.ts'
import { askPrometheus, exemplarsOf, query, type Sample, unknownMetrics } from '../support/prometheus.ts'
import { appearsWithTrouble, metricsIn } from '../support/promql.ts'
import { promtool } from '../support/promtool.ts'
import { until, untilNone } from '../support/until.ts'

/* Dashboards, rules and both layers of Prometheus, on one system under way. The last tests stop parts of it. */

const observed = forFile(() => startObservedSystem())

const patience = { timeoutMs: 30_000, everyMs: 500 }

const instances = ['auditor-1', 'booking-1', 'event-1', 'gateway-1', 'gateway-2', 'purchase-1']

test.serial('every process is known by its job and its own name, on local and on global Prometheus', async (t) => {
  const { locals, globals } = observed.prometheus
  const jobs = ['auditor', 'booking-worker', 'event-worker', 'gateway', 'gateway', 'purchase-worker']
  const expected = instances.map((instance, index) => `${jobs[index]} ${instance}`)
  const known = async (server: Server): Promise<string[]> => {
    const samples = await query(server, 'group by (job, instance) (process_start_time_seconds)')
    return samples.map(({ labels }) => `${labels.job} ${labels.instance}`).sort()
  }
  for (const server of [...locals, ...globals]) {
    let seen: string[] = []
    // One that is read too late is missing for a moment.
    const areKnown = async (): Promise<boolean> => {
      seen = await known(server)
      return seen.length >= expected.length
    }
    await until('all six are known', areKnown, patience)
    t.deepEqual(seen, expected)
    t.deepEqual(await query(server, '{exported_instance!=""}'), [])
  }
})

test.serial('a global Prometheus holds each series twice, once from each local one', async (t) => {
  for (const server of observed.prometheus.globals) {
    const replicas = 'count by (replica) (nats_connected)'
    const seen = async () => (await query(server, replicas)).map(({ labels, value }) => [labels.replica, value]).sort()
    const isComplete = (counts: readonly unknown[][]): boolean =>
      counts.every(([, count]) => count === instances.length)
    let counts: unknown[][] = []
    await until(
      'both replicas have told of everybody',
      async () => {
        counts = await seen()
        return counts.length === 2 && isComplete(counts)
      },
      patience,
    )
    t.deepEqual(counts, [
      ['local-1', instances.length],
      ['local-2', instances.length],
    ])
  }
})

test.serial('what every process tells is as promtool wants it', async (t) => {
  const { system } = observed
  const kinds = ['gateway', 'event', 'booking', 'purchase', 'audit'] as const
  for (const { instance, metricsUrl } of kinds.flatMap((kind) => system.processes(kind))) {
    const page = await fetch(metricsUrl, { signal: AbortSignal.timeout(15_000) })
    const { ok, output } = await promtool(['check', 'metrics'], { cwd: prometheusFolder, input: await page.text() })
    t.true(ok, instance)
    t.is(output, '', instance)
  }
  const spoilt = await promtool(['check', 'metrics'], {
    cwd: prometheusFolder,
    input: '# HELP seats_total Seats.\n# TYPE seats_total gauge\nseats_total 1\n',
  })
  t.regex(spoilt.output, /seats_total/)
})

test.serial('a local Prometheus leads from durations to traces; federation does not pass that on', async (t) => {
  const { locals, globals } = observed.prometheus
  const histograms = [
    'http_server_request_duration_seconds',
    'messaging_client_operation_duration_seconds',
    'messaging_process_duration_seconds',
    'db_client_operation_duration_seconds',
    'provider_request_duration_seconds',
  ]
  for (const histogram of histograms) {
    for (const { url } of locals) {
      await until(`${histogram} has exemplars`, async () => (await exemplarsOf(url, histogram)).length > 0, patience)
      for (const { exemplars } of await exemplarsOf(url, histogram)) {
        t.true(exemplars.every(({ labels }) => /^[0-9a-f]{32}$/.test(labels.trace_id ?? '')))
      }
    }
    for (const { url } of globals) t.deepEqual(await exemplarsOf(url, histogram), [])
  }
})

interface Rule {
  readonly name: string
  readonly type: 'alerting' | 'recording'
  readonly query: string
  readonly health: string
  readonly lastError?: string
}

async function rulesOf({ url }: Server): Promise<Rule[]> {
  const { groups } = await askPrometheus<{ groups: { rules: Rule[] }[] }>(url, 'rules')
  return groups.flatMap(({ rules }) => rules)
}

test.serial(
  'every rule is loaded and evaluated without an error, and none but a slow machine makes one fire',
  async (t) => {
    const { locals, globals } = observed.prometheus
    const files = await ruleFiles()
    for (const server of [...locals, ...globals]) {
      const isGlobal = globals.includes(server)
      const alerts = await readAlerts(files.filter((file) => file.includes('/global/') === isGlobal))
      const evaluated = async (): Promise<boolean> =>
        (await rulesOf(server)).every(({ health }) => health !== 'unknown')
      await until('every rule was evaluated', evaluated, patience)
      const rules = await rulesOf(server)
      t.deepEqual(
        rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => [name, lastError]),
        [],
      )
      const loaded = rules.filter(({ type }) => type === 'alerting').map(({ name }) => name)
      t.deepEqual(loaded.sort(), alerts.map(({ name }) => name).sort())
      t.deepEqual(await query(server, 'ALERTS{alertstate="firing", alertname!~".+BudgetBurns.+"}'), [])
    }
  },
)

test.serial('every metric that a rule reads exists', async (t) => {
  const { locals, globals } = observed.prometheus
  for (const server of [locals[0], globals[0]]) {
    const read = (await rulesOf(server)).flatMap((rule) => metricsIn(rule.query))
    const wanted = read.filter((name) => !appearsWithTrouble.has(name))
    t.deepEqual(await untilNone(() => unknownMetrics(server, wanted), patience), [])
  }
})

interface Drawn {
  /** `dashboard: panel`. */
  readonly name: string
  readonly expression: string
}

/** What Grafana would ask, all routes being chosen. */
const drawn: Drawn[] = allDashboards.flatMap(({ title, rows }) =>
  rows
    .flatMap(({ lines }) => lines.flat())
    .flatMap((panel) =>
      panel.queries.map(({ expression }) => ({
        name: `${title}: ${panel.title}`,
        expression: expression.replaceAll('$__rate_interval', '1m').replaceAll('$route', '.*'),
      })),
    ),
)
const ofTheSeed = drawn.filter(({ expression }) => expression.includes('{instance=~".*"}[5m]'))
const once = drawn.filter((each) => !ofTheSeed.includes(each))

const patienceOfPanels = { timeoutMs: 60_000, everyMs: 1_000 }

/** Names of those that fail whenever they are looked at, as long as patience lasts: what counts a moment may be off by it. */
async function failing(panels: readonly Drawn[], fails: (expression: string) => Promise<boolean>): Promise<string[]> {
  let suspects = panels
  const look = async (): Promise<readonly Drawn[]> => {
    const verdicts = await Promise.all(suspects.map(({ expression }) => fails(expression)))
    suspects = suspects.filter((_, index) => verdicts[index])
    return suspects
  }
  return (await untilNone(look, patienceOfPanels)).map(({ name }) => name)
}

test.serial('every panel of every dashboard draws on a local and on a global Prometheus', async (t) => {
  t.timeout(300_000)
  const { locals, globals } = observed.prometheus
  for (const server of [...locals, ...globals]) {
    // NaN, such as the median of no requests, is nothing.
    const drawsNothing = async (expression: string): Promise<boolean> =>
      (await query(server, expression)).every(({ value }) => Number.isNaN(value))
    t.deepEqual(await failing(drawn, drawsNothing), [])
    t.true(await drawsNothing('sum(rate(hold_total[1m]))'))
  }
})

test.serial('every metric that a panel reads exists, also where none of it would be drawn as none', async (t) => {
  const [local] = observed.prometheus.locals
  const read = drawn.flatMap(({ expression }) => metricsIn(expression))
  const wanted = read.filter((name) => !appearsWithTrouble.has(name))
  t.deepEqual(await untilNone(() => unknownMetrics(local, wanted), patienceOfPanels), [])
  t.deepEqual(await unknownMetrics(local, ['holds_total', 'hold_total']), ['hold_total'])
})

test.serial('hits and misses are drawn for each gateway by its own name, once on a local Prometheus', async (t) => {
  const { locals, globals } = observed.prometheus
  for (const { expression } of ofTheSeed) {
    for (const server of [...locals, ...globals]) {
      const samples = await query(server, expression)
      t.deepEqual([...new Set(samples.map(({ labels }) => labels.instance))].sort(), ['gateway-1', 'gateway-2'])
      t.true(samples.some(({ labels, value }) => labels.endpoint === '/events' && value >= 0))
      t.true(samples.every(({ labels }) => labels.exported_instance === undefined))
    }
    const keys = (await query(locals[0], expression)).map(({ labels }) => `${labels.instance} ${labels.endpoint}`)
    t.deepEqual(keys, [...new Set(keys)])
  }
})

test.serial('no other panel shows anything twice on a global Prometheus, which holds every series twice', async (t) => {
  t.timeout(300_000)
  const { locals, globals } = observed.prometheus
  const showsTwice = async (expression: string): Promise<boolean> => {
    // What came just now is not everywhere yet.
    const at = Date.now() / 1_000 - 3
    const [local, global] = await Promise.all([query(locals[0], expression, at), query(globals[0], expression, at)])
    return global.length > local.length || (sum(local) > 0 && sum(global) / sum(local) > 1.6)
  }
  // Once both replicas have been read, what does not tell them apart is twice too much.
  for (const careless of ['sum(rate(http_server_request_duration_seconds_count[1m]))', 'sum(nats_connected)']) {
    await until(`${careless} is doubled`, () => showsTwice(careless), patienceOfPanels)
  }
  t.deepEqual(await failing(once, showsTwice), [])
})

test.serial(
  'a process that ends is gone from local and global Prometheus within seconds, and an alert is on its way',
  async (t) => {
    const { system, prometheus } = observed
    await observed.shoppers.stop()
    await system.gateways[1]?.stop()
    for (const server of [...prometheus.locals, ...prometheus.globals]) {
      const left = 'process_start_time_seconds{instance="gateway-2"}'
      await until('its series have ended', async () => (await query(server, left)).length === 0, patience)
      const alerts = 'ALERTS{alertname="InstanceDown", job="gateway"}'
      await until('it is noticed', async () => (await query(server, alerts)).length > 0, patience)
    }
    t.pass()
  },
)

test.serial('with a local Prometheus away, both global ones still know everything, and notice', async (t) => {
  const { locals, globals } = observed.prometheus
  await locals[0].stop()
  for (const server of globals) {
    const replicas = 'count by (replica) (nats_connected)'
    await until('its series have ended', async () => (await query(server, replicas)).length === 1, patience)
    const counted = async () => (await query(server, 'sum(max without (replica) (nats_connected))'))[0]?.value
    await until('all that run are counted', async () => (await counted()) === instances.length - 1, patience)
    const alerts = 'ALERTS{alertname="LocalPrometheusDown"}'
    await until('it is noticed', async () => (await query(server, alerts)).length === 1, patience)
  }
  t.pass()
})

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + (Number.isNaN(value) ? 0 : value), 0)
}
