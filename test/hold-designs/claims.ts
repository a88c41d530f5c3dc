/*
 * What buyers were told, by one clock, and what follows from it. The designs' tables are not asked: a design that sells a
 * seat twice may well have it in its table once.
 */

/** All times in ms since the rush began. */
export interface Visited {
  readonly seatNos: readonly number[]
  readonly calledAt: number
  readonly answeredAt: number
  /** Told that the seats are theirs for the time of a hold. */
  readonly held: boolean
  /** The call that released the seats. */
  readonly released?: { readonly calledAt: number; readonly answeredAt: number }
  /** Told that the seats are theirs for good. */
  readonly boughtAt?: number
}

interface Span {
  readonly from: number
  readonly to: number
}

/**
 * How many claims of a seat were granted, each counted once a seat, while somebody else had a claim on it. Spans are
 * counted short: a claim begins when the buyer hears of it and ends when its time, from the call on, is certainly over.
 */
export function countDoubleClaims(visits: readonly Visited[], holdTtlMs: number): number {
  let doubles = 0
  for (const claims of claimsBySeat(visits).values()) {
    const spans = claims.map(({ visit }) => certainSpans(visit, holdTtlMs))
    doubles += spans.filter((own, index) =>
      spans.slice(0, index).some((earlier) => earlier.some((one) => own.some((other) => overlap(one, other)))),
    ).length
  }
  return doubles
}

/**
 * How many buyers were refused although nobody can have had any of their seats at any moment of their call. Spans are
 * counted long: a claim begins with its call and ends with the last moment that it may have been good for.
 */
export function countRefusedAlthoughFree(visits: readonly Visited[], holdTtlMs: number): number {
  const claims = claimsBySeat(visits)
  const wasFree = (seatNo: number, during: Span): boolean =>
    !(claims.get(seatNo) ?? []).some(({ visit }) => overlap(longestSpan(visit, holdTtlMs), during))
  return visits.filter(
    ({ held, seatNos, calledAt, answeredAt }) =>
      !held && seatNos.every((seatNo) => wasFree(seatNo, { from: calledAt, to: answeredAt })),
  ).length
}

const claimsBySeat = (visits: readonly Visited[]) =>
  Map.groupBy(
    visits.filter(({ held }) => held).flatMap((visit) => visit.seatNos.map((seatNo) => ({ seatNo, visit }))),
    ({ seatNo }) => seatNo,
  )

function certainSpans({ calledAt, answeredAt, released, boughtAt }: Visited, holdTtlMs: number): Span[] {
  const hold = { from: answeredAt, to: Math.min(calledAt + holdTtlMs, released?.calledAt ?? Infinity) }
  return boughtAt === undefined ? [hold] : [hold, { from: boughtAt, to: Infinity }]
}

function longestSpan({ calledAt, answeredAt, released, boughtAt }: Visited, holdTtlMs: number): Span {
  if (boughtAt !== undefined) return { from: calledAt, to: Infinity }
  return { from: calledAt, to: Math.min(answeredAt + holdTtlMs, released?.answeredAt ?? Infinity) }
}

const overlap = (one: Span, other: Span): boolean =>
  one.from < one.to && other.from < other.to && one.from < other.to && other.from < one.to
