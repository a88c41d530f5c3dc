import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { allDashboards } from '../../infra/deploy/grafana/dashboards/all-dashboards.ts'
import type { Panel } from '../../infra/deploy/grafana/dashboards/dashboard.ts'
import { dataSources } from '../../infra/deploy/grafana/data-sources.ts'
import { generatedFiles } from '../../infra/deploy/grafana/generated-files.ts'
import { placeRows } from '../../infra/deploy/grafana/grid.ts'
import { metricsIn } from '../support/promql.ts'

const folder = join(projectRoot, 'infra/deploy/grafana/generated')
const panels = allDashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels))
const expressions = panels.flatMap(({ queries }) => queries.map(({ expression }) => expression))

const seedQueries = ['rate(cache_hits_total{instance=~".*"}[5m])', 'rate(cache_misses_total{instance=~".*"}[5m])']

test('the files that Grafana reads are those that `npm run dashboards` writes', async (t) => {
  const files = generatedFiles()
  for (const [path, content] of files) t.is(await readFile(join(folder, path), 'utf8'), content, path)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  t.deepEqual(found.sort(), [...files.keys()].map((path) => join(folder, path)).sort())
})

test('"Cache Monitoring" opens with hits and misses, by the two queries that others know, from a local Prometheus', (t) => {
  const dashboard = allDashboards.find(({ title }) => title === 'Cache Monitoring')
  const first = dashboard?.rows[0]?.panels.flatMap(({ queries }) => queries.map(({ expression }) => expression))
  t.deepEqual(first, seedQueries)
  const model = JSON.parse(generatedFiles().get('dashboards/cache-monitoring.json') ?? '')
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
    t.true(
      queries.every(({ legend }) => legend !== ''),
      title,
    )
  }
  const uids = allDashboards.map(({ uid }) => uid)
  t.deepEqual(uids, [...new Set(uids)])
})

test('panels fill whole lines, and one that leaves a gap or does not fit is refused', (t) => {
  for (const { rows } of allDashboards) t.notThrows(() => placeRows(rows))
  const panel = (width: Panel['width']): Panel => {
    return { title: 'a panel', description: '', shows: 'lines', unit: 'short', queries: [], width }
  }
  t.throws(() => placeRows([{ title: 'a row', panels: [panel(12), panel(6)] }]), { message: /leave a gap/ })
  t.throws(() => placeRows([{ title: 'a row', panels: [panel(12), panel(24)] }]), { message: /does not fit/ })
})

test('exemplars lead to a data source that exists', (t) => {
  const provisioned = JSON.parse(generatedFiles().get('provisioning/datasources/data-sources.yml') ?? '')
  const links = provisioned.datasources.flatMap(
    (source: { jsonData: { exemplarTraceIdDestinations?: { name: string; datasourceUid: string }[] } }) =>
      source.jsonData.exemplarTraceIdDestinations ?? [],
  )
  const jaeger = { name: 'trace_id', datasourceUid: 'jaeger' }
  t.deepEqual(links, [jaeger, jaeger])
  t.true(dataSources.some(({ uid }) => uid === 'jaeger'))
})

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
