import { tableLines } from '../table.ts'
import type { Mutant } from './mutants.ts'
import type { TestReport } from './try-copy.ts'

export interface MutantResult {
  readonly mutant: Mutant
  readonly report: TestReport
  readonly seconds: number
}

/** A file that is red for another reason than the mutant's has not found it. */
export const signOf = ({ mutant, report }: Pick<MutantResult, 'mutant' | 'report'>): string | undefined =>
  report.failed.find((title) => title.includes(mutant.title))

const longest = 90

/** The table of all mutants and, as the last line, how many were found. */
export function reportLines(results: readonly MutantResult[]): string[] {
  const rows = [
    ['mutant', 'found by', 'test that failed', 's'],
    ...results.map((result) => {
      const { mutant, report, seconds } = result
      const said = signOf(result) ?? `MISSED (${report.failed[0] ?? 'all tests passed'})`
      return [mutant.name, mutant.test, shortened(said), seconds.toFixed(1)]
    }),
  ]
  const found = results.filter((result) => signOf(result) !== undefined).length
  return [...tableLines(rows), '', `mutants: ${found} found, ${results.length - found} missed`]
}

const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text)
