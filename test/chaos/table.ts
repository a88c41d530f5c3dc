/** The cells of each column as long as its longest. From column `numbersFrom` on they stand at the right. */
export function aligned(
  rows: readonly (readonly string[])[],
  { numbersFrom = Number.POSITIVE_INFINITY } = {},
): string[][] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0
      return column < numbersFrom ? cell.padEnd(width) : cell.padStart(width)
    }),
  )
}

/** Rows of text in columns, one line each. */
export const tableLines = (rows: readonly (readonly string[])[]): string[] =>
  aligned(rows).map((row) => row.join('  ').trimEnd())
