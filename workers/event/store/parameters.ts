/** Adds a value to a query and returns its placeholder `$n`. */
export type Parameter = (value: unknown) => string

/** The values of a query that is built step by step. */
export function parameters(): { values: unknown[]; parameter: Parameter } {
  const values: unknown[] = []
  return { values, parameter: (value) => `$${values.push(value)}` }
}
