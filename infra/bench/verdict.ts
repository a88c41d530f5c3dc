/** A figure with its bound. */
export interface Verdict {
  readonly what: string
  readonly value: number
  readonly at_most?: number
  readonly at_least?: number
  readonly is_good: boolean
  /** Of single rounds, where there were several. */
  readonly rounds?: readonly number[]
}

export interface Bounded {
  readonly what: string
  readonly value: number
  readonly atMost?: number | undefined
  readonly atLeast?: number | undefined
}

/** Whether a figure keeps its bounds. */
export function verdict({ what, value, atMost, atLeast }: Bounded): Verdict {
  return {
    what,
    value,
    ...(atMost !== undefined && { at_most: atMost }),
    ...(atLeast !== undefined && { at_least: atLeast }),
    // NaN is never good.
    is_good: value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY),
  }
}

export function areGood({ verdicts }: { readonly verdicts: readonly Verdict[] }): boolean {
  return verdicts.every(({ is_good }) => is_good)
}

/** Verdicts for people, a line each. */
export function verdictLines(verdicts: readonly Verdict[]): string[] {
  return verdicts.map(({ what, value, at_most, at_least, is_good, rounds }) => {
    const bound = at_most === undefined ? `at least ${short(at_least ?? 0)}` : `at most ${short(at_most)}`
    const single = rounds === undefined ? '' : `; rounds ${rounds.map((ratio) => ratio.toFixed(2)).join(', ')}`
    return `- ${what}: ${short(value)} (${bound}${single}) ${is_good ? 'good' : 'MISSED'}`
  })
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
