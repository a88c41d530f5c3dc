import type { Measures } from './measures.ts'

const columns: readonly (readonly [heading: string, cell: (measures: Measures) => string])[] = [
  ['design', ({ design }) => design],
  ['holds/s', ({ holds_per_second }) => holds_per_second.toFixed(0)],
  ['purchases/s', ({ purchases_per_second }) => purchases_per_second.toFixed(0)],
  ['refused %', ({ refused_percent }) => refused_percent.toFixed(1)],
  ['refused although free %', (measures) => measures.refused_although_free_percent.toFixed(1)],
  ['double claims', ({ double_claims }) => String(double_claims)],
  ['hold p50 ms', ({ hold_p50_ms }) => hold_p50_ms.toFixed(1)],
  ['hold p99 ms', ({ hold_p99_ms }) => hold_p99_ms.toFixed(1)],
  ['connections busy', ({ connections_busy }) => connections_busy.toFixed(1)],
]

/** A Markdown table that can be read as it is, too. */
export function markdownTable(results: readonly Measures[]): string {
  const rows = [
    columns.map(([heading]) => heading),
    ...results.map((result) => columns.map(([, cell]) => cell(result))),
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => line(row.map((cell, column) => pad(cell, widths[column] ?? 0, column))))
  const rule = line(widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)))
  return lines.toSpliced(1, 0, rule).join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
