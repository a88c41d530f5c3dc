/** The values of rows, at least one, column by column: parameters of an `unnest`. */
export function columnsOf<Row>(rows: readonly Row[], valuesOf: (row: Row) => readonly unknown[]): unknown[][] {
  const values = rows.map(valuesOf)
  return (values[0] ?? []).map((_, column) => values.map((row) => row[column]))
}
