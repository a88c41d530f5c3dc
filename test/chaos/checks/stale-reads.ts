import { acknowledgement, type Command, type History, verdictOf } from '../history.ts'
import type { SaleChange } from '../organiser.ts'
import type { PublicRead } from '../public-read.ts'
import type { Evidence, FaultTime } from './evidence.ts'

/*
 * Public pages are not older than is promised. All times are of one clock, that of the history, and noted outside: a change before
 * its answer came, a read before it was sent. So a read that is called late here was later still at the gateway.
 */

/** The states of seats are shown as they were a second ago at most, whatever is broken. */
const seatsBoundMs = 1_000
/** What an organiser changed is shown at once when its fact has come; so much is left to the fact where nothing is in its way. */
const toldBoundMs = 1_000
/** When facts are late or lost, only the age of a reply counts: two seconds, and three more while a newer one is asked for. */
const ageBoundMs = 5_000

/** Gateways count ages in whole milliseconds of a clock that may be adjusted; nothing else is between the two sides. */
const clocksDifferMs = 20
/** The database decides when a hold runs out, by another clock. */
const expiryDiffersMs = 100

/** Where facts come through. */
const wayOfFacts = ['gateway', 'event', 'nats', 'postgres']
/** A relay tries again after up to 2 s, a follower notices after 3 s that it hears nothing. */
const factsComeAgainMs = 5_000

/** Callers who ask for their own change see it at every gateway. */
export const writersSeeTheirWrites = ({ history }: Pick<Evidence, 'history'>): string[] =>
  judgedOwnReads(history).flatMap((read) => shownFree(read, read.own.seatNos, `asked for min_seq ${read.own.minSeq}`))

/** A seat that was sold more than a second ago does not look free. */
export function soldSeatsLookSold({ history }: Pick<Evidence, 'history'>): string[] {
  const sales = salesByEvent(history)
  return judgedSeatReads(history).flatMap((read) =>
    (sales.get(read.eventId) ?? [])
      .filter(({ soldAt, backAt }) => read.beganAt > soldAt + seatsBoundMs + clocksDifferMs && read.endedAt < backAt)
      .flatMap(({ seatNos, soldAt }) => shownFree(read, seatNos, `sold ${ms(read.beganAt - soldAt)} before`)),
  )
}

/** An event that was paused, resumed or cancelled does not look as it did before. */
export function changedSalesLookChanged({ history, faults }: Pick<Evidence, 'history' | 'faults'>): string[] {
  return judgedSaleReads(history).flatMap((read) => {
    const changes = history.changes.filter(({ eventId, beganAt }) => eventId === read.eventId && beganAt < read.endedAt)
    const newest = changes.findLastIndex((change) => isDue(change, read, faults))
    if (newest === -1) return []
    // Later ones may be seen already.
    const permitted = changes.slice(newest).map(({ shows }) => shows)
    const { acknowledgedAt } = changes[newest] as SaleChange
    if (permitted.includes(read.saleStatus)) return []
    return [
      `${told(read)} shows ${read.saleStatus}, not ${permitted}, ${ms(read.beganAt - (acknowledgedAt ?? 0))} later`,
    ]
  })
}

export interface ReadCounts {
  readonly reads: number
  readonly kept: number
  readonly spare: number
  readonly own: number
}

/** What was judged, and what was not: the report says how many. */
export const countReads = ({ reads }: History): ReadCounts => ({
  reads: reads.length,
  kept: reads.filter(({ cacheStatus }) => cacheStatus.includes('hit')).length,
  spare: reads.filter(isSpare).length,
  own: reads.filter(({ own, status }) => own !== undefined && status === 200).length,
})

function judgedOwnReads({ reads }: History) {
  return reads.flatMap((read) => {
    const { own, status, endedAt } = read
    if (own === undefined || status !== 200) return []
    // A hold that ran out meanwhile may be gone. Nobody but its owner can give it back, and they are waiting for this answer.
    return own.keptUntil === null || endedAt < own.keptUntil - expiryDiffersMs ? [{ ...read, own }] : []
  })
}

const judgedSeatReads = ({ reads }: History): PublicRead[] =>
  reads.filter((read) => read.page !== 'event' && read.own === undefined && read.status === 200 && !isSpare(read))
const judgedSaleReads = ({ reads }: History): PublicRead[] =>
  reads.filter((read) => read.page === 'event' && read.status === 200 && !isSpare(read))

/** No worker answered, and the page says so: then it may be a minute old. */
const isSpare = ({ cacheStatus }: PublicRead): boolean => cacheStatus.includes('detail=no-worker')

interface Sale {
  readonly seatNos: readonly number[]
  readonly soldAt: number
  /** Since when the buyer may have cancelled some of it. */
  readonly backAt: number
}

function salesByEvent(history: History): Map<string, Sale[]> {
  const sales = history.purchases().flatMap((purchase) => {
    const booking = acknowledgement(purchase)
    if (booking?.id === undefined) return []
    const seatNos = (booking.places ?? []).flatMap(({ seat_no }) => seatNo(seat_no))
    return [{ eventId: booking.event_id ?? '', seatNos, soldAt: doneAt(purchase), backAt: backAt(history, booking.id) }]
  })
  return Map.groupBy(sales, ({ eventId }) => eventId)
}

const seatNo = (number: number | undefined): number[] => (number === undefined ? [] : [number])
const doneAt = ({ entries }: Command): number =>
  Math.min(...entries.filter(({ outcome }) => verdictOf(outcome) === 'done').map(({ endedAt }) => endedAt))

function backAt(history: History, bookingId: string): number {
  const path = `/bookings/${bookingId}/cancel`
  const cancelled = history.entries.filter((entry) => entry.operation === 'cancel' && entry.path === path)
  return Math.min(...cancelled.map(({ beganAt }) => beganAt))
}

/** Whether every reader must see the change. */
function isDue({ acknowledgedAt }: SaleChange, { beganAt }: PublicRead, faults: readonly FaultTime[]): boolean {
  if (acknowledgedAt === null) return false
  const isInTheWay = ({ touches, from, to }: FaultTime): boolean =>
    from < beganAt && to + factsComeAgainMs > acknowledgedAt && touches.some((part) => isOnWayOfFacts(part))
  const boundMs = faults.some(isInTheWay) ? ageBoundMs : toldBoundMs
  return beganAt > acknowledgedAt + boundMs + clocksDifferMs
}

/** Faults of clusters touch `kill nats node` and the like. */
const isOnWayOfFacts = (part: string): boolean => wayOfFacts.some((name) => part.includes(name))
const shownFree = (read: PublicRead, seatNos: readonly number[], why: string): string[] =>
  seatNos
    .filter((number) => read.states[number] === '0')
    .map((number) => `${told(read)} shows seat ${number} as available, ${why}`)

const told = ({ page, eventId, gateway, beganAt, cacheStatus }: PublicRead): string =>
  `${page} of event ${eventId} at gateway ${gateway + 1}, asked at ${ms(beganAt)} (${cacheStatus}),`
const ms = (value: number): string => `${Math.round(value)} ms`
