import type { OwnFigures } from './own-figures.ts'
import type { Row } from './results.ts'
import type { Verdict } from './targets.ts'

/** The content of `latest.json`. */
export interface Result {
  readonly quick: boolean
  readonly rows: readonly Row[]
  readonly verdicts: readonly Verdict[]
  readonly own: OwnFigures
  readonly conditions: Readonly<Record<string, string | number>>
}
