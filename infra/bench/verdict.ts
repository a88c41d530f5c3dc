/** A figure with its bounds. */
interface Figure {
  readonly what: string
  readonly value: number
  readonly at_most?: number | undefined
  readonly at_least?: number | undefined
  /** Of single rounds, where there were several. */
  readonly rounds?: readonly number[]
}

export interface Verdict extends Figure {
  readonly is_good: boolean
}

/** Whether a figure keeps its bounds; NaN never does. */
export function verdict(figure: Figure): Verdict {
  const { value, at_most = Number.POSITIVE_INFINITY, at_least = Number.NEGATIVE_INFINITY } = figure
  return { ...figure, is_good: value <= at_most && value >= at_least }
}

export function areGood(verdicts: readonly Verdict[]): boolean {
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
