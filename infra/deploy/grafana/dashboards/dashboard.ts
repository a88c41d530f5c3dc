/** What a dashboard shows, without Grafana's own words; `../render-dashboard.ts` turns it into what Grafana reads. */
export interface Dashboard {
  /** Part of its address, so that links outlive a new title. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Choices above the panels, usable as `$name` in queries. */
  readonly variables?: readonly Variable[]
  readonly rows: readonly Row[]
}

/** Values of a label, of which a reader picks some; all of them at first. */
export interface Variable {
  readonly name: string
  readonly label: string
  readonly valuesOf: { readonly metric: string; readonly label: string }
}

export interface Row {
  readonly title: string
  /** Panels side by side share the width. */
  readonly lines: readonly (readonly Panel[])[]
}

export interface Panel {
  readonly title: string
  /** What it means, and what to think when it is not as it should be. */
  readonly description: string
  readonly shows: 'lines' | 'number'
  readonly unit: Unit
  readonly queries: readonly Query[]
  readonly thresholds: Thresholds | undefined
}

/** From where on a value is worth a look, and from where on it is bad. */
export interface Thresholds {
  readonly warn?: number
  readonly bad: number
}

export interface Query {
  readonly expression: string
  /** Made of labels: `{{http_route}}`. */
  readonly legend: string
  /** Whether its points lead to traces. */
  readonly exemplars?: boolean
}

/** Grafana's names of units. */
export type Unit = 'reqps' | 'ops' | 's' | 'percentunit' | 'short' | 'bytes'

type Queries = Query | readonly Query[]

/** A panel of values over time. */
export function lines(
  title: string,
  description: string,
  unit: Unit,
  queries: Queries,
  thresholds?: Thresholds,
): Panel {
  return { title, description, shows: 'lines', unit, queries: [queries].flat(), thresholds }
}

/** A panel of one value as it is now. */
export function number(title: string, description: string, unit: Unit, query: Query, thresholds?: Thresholds): Panel {
  return { title, description, shows: 'number', unit, queries: [query], thresholds }
}
