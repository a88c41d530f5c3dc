import type { Dashboard, Panel, Row, Variable } from './dashboards/dashboard.ts'

/** Of the model below; Grafana migrates older ones by itself. */
const schemaVersion = 39
/** By which the dashboards find each other. */
const tag = 'ticketing'

/** Which Prometheus to ask. Its readers choose; at first it is the default of `provisioning/datasources/data-sources.yml`. */
const dataSourceVariable = {
  type: 'datasource',
  name: 'datasource',
  label: 'Data source',
  query: 'prometheus',
  current: { text: 'Prometheus local 1', value: 'prometheus-local-1' },
}
const chosenDataSource = { type: 'prometheus', uid: `\${datasource}` }

/** In Grafana's own unit: a line has 24 columns, and its height is about 30 pixels. */
const columns = 24
const heights: Record<Panel['shows'], number> = { lines: 8, number: 4 }

/** A dashboard in the form in which Grafana keeps it. */
export function renderDashboard({ uid, title, description, variables = [], rows }: Dashboard): object {
  return {
    uid,
    title,
    description,
    tags: [tag],
    schemaVersion,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    links: [{ type: 'dashboards', title: 'Ticketing', tags: [tag], includeVars: true, keepTime: true }],
    templating: { list: [dataSourceVariable, ...variables.map(labelVariable)] },
    annotations: { list: [] },
    panels: renderRows(rows),
  }
}

/** Rows below one another, each with its title above the lines of its panels. */
function renderRows(rows: readonly Row[]): object[] {
  let y = 0
  const panels = rows.flatMap(({ title, lines }) => {
    const heading = { type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] }
    y += 1
    const below = lines.flatMap((line) => {
      const w = columns / line.length
      const h = Math.max(...line.map(({ shows }) => heights[shows]))
      const placed = line.map((panel, index) => renderPanel(panel, { x: index * w, y, w, h }))
      y += h
      return placed
    })
    return [heading, ...below]
  })
  return panels.map((panel, index) => ({ id: index + 1, ...panel }))
}

function renderPanel(panel: Panel, gridPos: object): object {
  const { title, description, shows, unit, queries } = panel
  return {
    type: shows === 'lines' ? 'timeseries' : 'stat',
    title,
    description,
    datasource: chosenDataSource,
    gridPos,
    fieldConfig: { defaults: { unit, ...looks(panel) }, overrides: [] },
    options: shows === 'lines' ? lineOptions : numberOptions,
    targets: queries.map(({ expression, legend, exemplars = false }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: chosenDataSource,
      expr: expression,
      legendFormat: legend,
      range: true,
      exemplar: exemplars,
    })),
  }
}

const lineOptions = {
  legend: { showLegend: true, displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
  tooltip: { mode: 'multi', sort: 'desc' },
}

const numberOptions = {
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  colorMode: 'value',
  graphMode: 'area',
  textMode: 'value',
}

function looks({ shows, thresholds }: Panel): object {
  const { warn, bad } = thresholds ?? {}
  const steps = [
    { color: 'green', value: null },
    ...(warn === undefined ? [] : [{ color: 'orange', value: warn }]),
    ...(bad === undefined ? [] : [{ color: 'red', value: bad }]),
  ]
  if (shows === 'number') return { color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps } }
  return {
    min: 0,
    color: { mode: 'palette-classic' },
    custom: {
      lineWidth: 1,
      fillOpacity: 10,
      showPoints: 'never',
      thresholdsStyle: { mode: thresholds ? 'line' : 'off' },
    },
    thresholds: { mode: 'absolute', steps },
  }
}

function labelVariable({ name, label, valuesOf }: Variable): object {
  const query = `label_values(${valuesOf.metric}, ${valuesOf.label})`
  return {
    type: 'query',
    name,
    label,
    datasource: chosenDataSource,
    query: { query, refId: name },
    definition: query,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
    // On every change of the time range.
    refresh: 2,
    sort: 1,
  }
}
