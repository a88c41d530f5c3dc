/** Adds a value to those of a query and answers the `$n` that stands for it. */
export type Parameter = (value: unknown) => string

/** The values of a query that is put together piece by piece. */
export function parameters(): { values: unknown[]; parameter: Parameter } {
  const values: unknown[] = []
  return { values, parameter: (value) => `$${values.push(value)}` }
}
