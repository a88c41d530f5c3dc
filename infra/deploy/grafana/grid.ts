import type { Panel, Row } from './dashboards/dashboard.ts'

/** Grafana's own unit: 24 columns, lines of about 30 pixels. */
export interface GridPosition {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export interface PlacedRow {
  readonly title: string
  readonly position: GridPosition
  readonly panels: readonly { readonly panel: Panel; readonly position: GridPosition }[]
}

const columns = 24
const heights: Record<Panel['shows'], number> = { lines: 8, number: 4 }

/** Places the panels of each row from left to right, below the row's title. Throws where they do not fill their lines. */
export function placeRows(rows: readonly Row[]): PlacedRow[] {
  let y = 0
  return rows.map(({ title, panels }) => {
    const position = { x: 0, y, w: columns, h: 1 }
    y += 1
    let x = 0
    const placed = panels.map((panel) => {
      const h = heights[panel.shows]
      const at = { x, y, w: panel.width, h }
      x += panel.width
      if (x > columns) throw new Error(`"${panel.title}" does not fit into its line`)
      if (x === columns) {
        x = 0
        y += h
      }
      return { panel, position: at }
    })
    if (x !== 0) throw new Error(`the panels of "${title}" leave a gap`)
    return { title, position, panels: placed }
  })
}
