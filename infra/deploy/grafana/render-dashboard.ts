import type { Dashboard, Panel, Variable } from './dashboards/dashboard.ts'
import { defaultDataSource } from './data-sources.ts'
import { type GridPosition, placeRows } from './grid.ts'

/** Of the model below; Grafana migrates older ones by itself. */
const schemaVersion = 39
/** By which the dashboards find each other. */
const tag = 'ticketing'
const chosenDataSource = { type: 'prometheus', uid: `\${datasource}` }

/** A dashboard in the form in which Grafana keeps it. */
export function renderDashboard({ uid, title, description, variables = [], rows }: Dashboard): object {
  let lastId = 0
  const nextId = (): number => {
    lastId += 1
    return lastId
  }
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
    templating: { list: [dataSourceVariable(), ...variables.map(labelVariable)] },
    annotations: { list: [] },
    panels: placeRows(rows).flatMap((row) => [
      { id: nextId(), type: 'row', title: row.title, collapsed: false, gridPos: row.position, panels: [] },
      ...row.panels.map(({ panel, position }) => renderPanel(panel, { id: nextId(), position })),
    ]),
  }
}

function renderPanel(panel: Panel, { id, position }: { id: number; position: GridPosition }): object {
  const { title, description, shows, unit, queries } = panel
  return {
    id,
    type: shows === 'lines' ? 'timeseries' : 'stat',
    title,
    description,
    datasource: chosenDataSource,
    gridPos: position,
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

function dataSourceVariable(): object {
  const { name, uid } = defaultDataSource
  return {
    type: 'datasource',
    name: 'datasource',
    label: 'Data source',
    query: 'prometheus',
    current: { text: name, value: uid },
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
