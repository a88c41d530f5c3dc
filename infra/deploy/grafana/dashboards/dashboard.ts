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
  readonly panels: readonly Panel[]
}

export interface Panel {
  readonly title: string
  /** What it means, and what to think when it is not as it should be. */
  readonly description: string
  readonly shows: 'lines' | 'number'
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Of the 24 columns of a dashboard. The panels of a row fill whole lines. */
  readonly width: 6 | 8 | 12 | 24
  /** From where on a value is worth a look, and from where on it is bad. */
  readonly thresholds?: { readonly warn?: number; readonly bad: number }
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
