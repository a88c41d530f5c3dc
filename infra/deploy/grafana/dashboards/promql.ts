import type { Query } from './dashboard.ts'

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

/** A line called `none` at 0 in place of no line at all, where nothing to show is good news. */
export function orNone(label: string, expression: string): string {
  return `${expression} or on () label_replace(vector(0), "${label}", "none", "", "")`
}

/** `part / whole`, and 0 where there is a whole but no part. */
export function shareOf({ part, whole, by }: { part: string; whole: string; by: string }): string {
  return `(${sumBy(by, part)} or 0 * ${sumBy(by, whole)}) / ${sumBy(by, whole)}`
}

/** One line, or several that a legend made of labels tells apart. */
export function line(legend: string, expression: string): Query {
  return { legend, expression }
}

/** A line for each value of some labels, called after them. */
export function each(labels: string, expression: string): Query {
  return line(labels.replaceAll(/\w+/g, '{{$&}}').replaceAll(',', ''), expression)
}

/** A sum for each value of some labels. */
export function sums(labels: string, expression: string): Query {
  return each(labels, sumBy(labels, expression))
}

/** As `sums`, with `none` at 0, under the first label, where there is nothing. */
export function sumsOrNone(labels: string, expression: string): Query {
  return each(labels, orNone(labels.split(',')[0] ?? '', sumBy(labels, expression)))
}

/** The highest value for each value of some labels. */
export function highest(labels: string, expression: string): Query {
  return each(labels, maxBy(labels, expression))
}

/** A quantile of a histogram, for each value of some labels. `histogram`: its name without `_bucket`; `where`: a selector. */
export function quantiles(share: number, labels: string, histogram: string, where = ''): Query {
  const buckets = sumBy(`le, ${labels}`, perSecond(`${histogram}_bucket${where}`))
  return each(labels, `histogram_quantile(${share}, ${buckets})`)
}

/** The median and the 99th percentile of a histogram as two lines. */
export function medianAndP99(labels: string, histogram: string, where?: string): Query[] {
  return [0.5, 0.99].map((share) => ({ ...quantiles(share, labels, histogram, where), legend: `${share * 100} %` }))
}

/** The same, and its points lead to traces. */
export function traced(query: Query): Query {
  return { ...query, exemplars: true }
}
