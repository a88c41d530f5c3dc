import test from 'ava'
import { allDashboards } from '../../infra/grafana/dashboards/all-dashboards.ts'
import { forFile } from '../support/for-file.ts'
import { startObservedSystem } from '../support/observed-system.ts'
import { query, type Sample, unknownMetrics } from '../support/prometheus.ts'
import { appearsWithTrouble, metricsIn } from '../support/promql.ts'
import { until, untilNone } from '../support/until.ts'

const observed = forFile(() => startObservedSystem())

interface Drawn {
  /** `dashboard: panel`. */
  readonly name: string
  readonly expression: string
}

/** What Grafana would ask, all routes being chosen. */
const drawn: Drawn[] = allDashboards.flatMap(({ title, rows }) =>
  rows
    .flatMap(({ panels }) => panels)
    .flatMap((panel) =>
      panel.queries.map(({ expression }) => ({
        name: `${title}: ${panel.title}`,
        expression: expression.replaceAll('$__rate_interval', '1m').replaceAll('$route', '.*'),
      })),
    ),
)
const ofTheSeed = drawn.filter(({ expression }) => expression.includes('{instance=~".*"}[5m]'))
const once = drawn.filter((each) => !ofTheSeed.includes(each))

const patience = { timeoutMs: 60_000, everyMs: 1_000 }

/** Names of those that fail whenever they are looked at, as long as patience lasts: what counts a moment may be off by it. */
async function failing(panels: readonly Drawn[], fails: (expression: string) => Promise<boolean>): Promise<string[]> {
  let suspects = panels
  const look = async (): Promise<readonly Drawn[]> => {
    const verdicts = await Promise.all(suspects.map(({ expression }) => fails(expression)))
    suspects = suspects.filter((_, index) => verdicts[index])
    return suspects
  }
  return (await untilNone(look, patience)).map(({ name }) => name)
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
  t.deepEqual(await untilNone(() => unknownMetrics(local, wanted), patience), [])
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
    await until(`${careless} is doubled`, () => showsTwice(careless), patience)
  }
  t.deepEqual(await failing(once, showsTwice), [])
})

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + (Number.isNaN(value) ? 0 : value), 0)
}
