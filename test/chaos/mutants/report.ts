import type { Mutant } from './mutants.ts'
import type { TrialReport } from './trial-process.ts'

export interface MutantResult {
  readonly mutant: Mutant
  readonly report: TrialReport
}

/** A trial that is red for another reason than the mutant's has not found it. */
export function signOf({ mutant, report }: MutantResult): string | undefined {
  return report.found.find((line) => mutant.sign.test(line))
}

const columns = ['mutant', 'found by', 'what was reported', 's'] as const
const longest = 90

/** The table of all mutants and, as the last line, how many were found. */
export function reportLines(results: readonly MutantResult[]): string[] {
  const rows = [
    [...columns],
    ...results.map((result) => {
      const { mutant, report } = result
      const found = signOf(result)
      const said = found ?? `MISSED (${report.found[0] ?? 'nothing reported'})`
      return [mutant.name, report.trial, shortened(said), report.seconds.toFixed(1)]
    }),
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const found = results.filter((result) => signOf(result) !== undefined).length
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
    `mutants: ${found} found, ${results.length - found} missed`,
  ]
}

function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
