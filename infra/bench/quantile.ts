/** The smallest of ascending values that at least `share` of them do not exceed (nearest rank); NaN when there are none. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN
}
