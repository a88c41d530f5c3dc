/*
 * A global Prometheus holds each series once for each local one that it federates, told apart by `replica`. Whatever is
 * summed passes through `once` first, so that a panel shows the same on any data source.
 */

/** Each series once, whichever replica it was read from. */
export function once(expression: string): string {
  return `max without (replica) (${expression})`
}

/** How fast a counter grows, a second. */
export function perSecond(counter: string): string {
  return once(`rate(${counter}[$__rate_interval])`)
}

export function sumBy(labels: string, expression: string): string {
  return `sum by (${labels}) (${expression})`
}

export function maxBy(labels: string, expression: string): string {
  return `max by (${labels}) (${expression})`
}

/** A quantile of a histogram, for each value of `labels`. */
export function quantile(share: number, labels: string, histogram: Histogram): string {
  const { name, where = '' } = histogram
  return `histogram_quantile(${share}, ${sumBy(`le, ${labels}`, perSecond(`${name}_bucket${where}`))})`
}

export interface Histogram {
  /** Without `_bucket`. */
  readonly name: string
  /** A selector: `{operation="capture"}`. */
  readonly where?: string
}

/** A line called `none` at 0 in place of no line at all, where nothing to show is good news. */
export function orNone(label: string, expression: string): string {
  return `${expression} or on () label_replace(vector(0), "${label}", "none", "", "")`
}

/** `part / whole`, and 0 where there is a whole but no part. */
export function shareOf({ part, whole, by }: { part: string; whole: string; by: string }): string {
  return `(${sumBy(by, part)} or 0 * ${sumBy(by, whole)}) / ${sumBy(by, whole)}`
}
