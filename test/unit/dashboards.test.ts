import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { projectRoot } from '../../infra/config.ts'
import { allDashboards } from '../../infra/deploy/grafana/dashboards/all-dashboards.ts'
import { generatedFiles } from '../../infra/deploy/grafana/generate.ts'
import { metricsIn } from '../support/promql.ts'

const folder = join(projectRoot, 'infra/deploy/grafana/generated/dashboards')
const panels = allDashboards.flatMap(({ rows }) => rows.flatMap((row) => row.lines.flat()))
const expressions = panels.flatMap(({ queries }) => queries.map(({ expression }) => expression))

const seedQueries = ['rate(cache_hits_total{instance=~".*"}[5m])', 'rate(cache_misses_total{instance=~".*"}[5m])']

test('the files that Grafana reads are those that `npm run dashboards` writes', async (t) => {
  const files = generatedFiles()
  for (const [path, content] of files) t.is(await readFile(join(folder, path), 'utf8'), content, path)
  t.deepEqual((await readdir(folder)).sort(), [...files.keys()].sort())
})

test('"Cache Monitoring" opens with hits and misses, by the two queries that others know, from a local Prometheus', (t) => {
  const dashboard = allDashboards.find(({ title }) => title === 'Cache Monitoring')
  const first = dashboard?.rows[0]?.lines.flat().flatMap(({ queries }) => queries.map(({ expression }) => expression))
  t.deepEqual(first, seedQueries)
  const model = JSON.parse(generatedFiles().get('cache-monitoring.json') ?? '')
  t.is(model.templating.list[0].current.value, 'prometheus-local-1')
})

test('every other query takes each series once, however many replicas hold it', (t) => {
  for (const expression of expressions.filter((each) => !seedQueries.includes(each))) {
    t.deepEqual(selectedTwice(expression), [], expression)
  }
  t.deepEqual(selectedTwice('sum(rate(holds_total{outcome="held"}[1m])) + max without (replica) (up)'), ['holds_total'])
})

test('every panel says what it shows, in words and in the names of its lines', (t) => {
  for (const { title, description, queries } of panels) {
    t.true(description.length > 0 && queries.length > 0, title)
    for (const { legend } of queries) t.not(legend, '', title)
  }
  const uids = allDashboards.map(({ uid }) => uid)
  t.deepEqual(uids, [...new Set(uids)])
})

interface Placed {
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

test('panels fill whole lines, side by side, and no line covers another', (t) => {
  for (const [path, content] of generatedFiles()) {
    let free = 0
    const lines = Map.groupBy(
      (JSON.parse(content).panels as Placed[]).map((panel) => panel.gridPos),
      ({ y }) => y,
    )
    for (const [y, places] of lines) {
      t.is(y, free, path)
      let left = 0
      for (const { x, w } of places) {
        t.is(x, left, path)
        left += w
      }
      t.is(left, 24, path)
      free += Math.max(...places.map(({ h }) => h))
    }
  }
})

test('exemplars lead to a data source that exists, and the default one is that of every dashboard', async (t) => {
  const file = join(projectRoot, 'infra/deploy/grafana/provisioning/datasources/data-sources.yml')
  const { datasources }: Provisioned = parse(await readFile(file, 'utf8'))
  const links = datasources.flatMap(({ jsonData }) => jsonData?.exemplarTraceIdDestinations ?? [])
  const jaeger = { name: 'trace_id', datasourceUid: 'jaeger' }
  t.deepEqual(links, [jaeger, jaeger])
  t.true(datasources.some(({ uid }) => uid === 'jaeger'))
  const [preferred, ...others] = datasources.filter(({ isDefault }) => isDefault === true)
  t.deepEqual(others, [])
  for (const content of generatedFiles().values()) {
    const { current } = JSON.parse(content).templating.list[0]
    t.deepEqual(current, { text: preferred?.name, value: preferred?.uid })
  }
})

interface Provisioned {
  readonly datasources: readonly {
    readonly uid: string
    readonly name: string
    readonly isDefault?: boolean
    readonly jsonData?: { readonly exemplarTraceIdDestinations?: readonly object[] }
  }[]
}

/** Names of metrics that stand outside `max without (replica) (…)`. */
const selectedTwice = (expression: string): string[] => metricsIn(withoutDeduplicated(expression))

function withoutDeduplicated(expression: string): string {
  const opening = 'max without (replica) ('
  const start = expression.indexOf(opening)
  if (start === -1) return expression
  let end = start + opening.length
  for (let depth = 1; depth > 0; end += 1) {
    if (expression[end] === '(') depth += 1
    if (expression[end] === ')') depth -= 1
  }
  return expression.slice(0, start) + withoutDeduplicated(expression.slice(end))
}
