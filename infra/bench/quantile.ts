/** The smallest value that a share of the values does not exceed (nearest rank); NaN when there are none. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN
}

/** Of values in any order; NaN when there are none. */
export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5)
}

export function ascending(values: readonly number[]): number[] {
  return values.toSorted((one, other) => one - other)
}

/** The nearest number with that number of decimals. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
