const operators = new Set(['and', 'or', 'unless', 'bool'])

/** Metrics that a system without trouble does not have. */
export const appearsWithTrouble: ReadonlySet<string> = new Set(['ALERTS', 'dead_letters_total'])

/** Names of the metrics that an expression reads. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring) *\([^)]*\)/g, '')
    .replaceAll(/\boffset \w+/g, '')
  // What is left is numbers, functions with their parenthesis, operators and metrics.
  const names = bare.match(/\b[a-zA-Z_][\w:]*\b(?! *\()/g) ?? []
  return [...new Set(names)].filter((name) => !operators.has(name))
}
