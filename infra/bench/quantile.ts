/** The smallest of ascending values that at least `share` of them do not exceed (nearest rank); NaN when there are none. */
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

/** The nearest number with so many decimals. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
