import test from 'ava'
import type { Server } from '../../infra/system/server.ts'
import { prometheusFolder, readAlerts, ruleFiles } from '../support/alert-rules.ts'
import { forFile } from '../support/for-file.ts'
import { startObservedSystem } from '../support/observed-system.ts'
import { askPrometheus, query, unknownMetrics } from '../support/prometheus.ts'
import { appearsWithTrouble, metricsIn } from '../support/promql.ts'
import { promtool } from '../support/promtool.ts'
import { until, untilNone } from '../support/until.ts'

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
    await until('all six are known', async () => (await known(server)).length >= expected.length, patience)
    t.deepEqual(await known(server), expected)
    t.deepEqual(await query(server, '{exported_instance!=""}'), [])
  }
})

test.serial('a global Prometheus holds each series twice, once from each local one', async (t) => {
  for (const server of observed.prometheus.globals) {
    const replicas = 'count by (replica) (nats_connected)'
    const seen = async () => (await query(server, replicas)).map(({ labels, value }) => [labels.replica, value]).sort()
    const isComplete = (counts: readonly unknown[][]): boolean =>
      counts.every(([, count]) => count === instances.length)
    await until(
      'both replicas have told of everybody',
      async () => {
        const counts = await seen()
        return counts.length === 2 && isComplete(counts)
      },
      patience,
    )
    t.deepEqual(await seen(), [
      ['local-1', instances.length],
      ['local-2', instances.length],
    ])
  }
})

test.serial('what every process tells is as promtool wants it', async (t) => {
  const { system } = observed
  const kinds = ['gateway', 'event', 'booking', 'purchase', 'audit'] as const
  for (const { instance, metricsUrl } of kinds.flatMap((kind) => system.processes(kind))) {
    const page = await fetch(metricsUrl, { signal: AbortSignal.timeout(5_000) })
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

interface Exemplars {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

test.serial('a local Prometheus leads from durations to traces; federation does not pass that on', async (t) => {
  const { locals, globals } = observed.prometheus
  const exemplarsOf = (url: string, histogram: string): Promise<Exemplars[]> =>
    askPrometheus<Exemplars[]>(url, 'query_exemplars', {
      query: `${histogram}_bucket`,
      start: String(Date.now() / 1_000 - 600),
      end: String(Date.now() / 1_000),
    })
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
    const once = await query(server, 'sum(max without (replica) (nats_connected))')
    t.is(once[0]?.value, instances.length - 1)
    const alerts = 'ALERTS{alertname="LocalPrometheusDown"}'
    await until('it is noticed', async () => (await query(server, alerts)).length === 1, patience)
  }
})
