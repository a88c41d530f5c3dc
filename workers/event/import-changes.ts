import { createHash } from 'node:crypto'
import type { CatalogueEvent } from '#shared/contracts/organising.ts'
import type { ChangedEvent } from './facts.ts'
import { rescheduleShift } from './reschedule.ts'

/** The stored state of an event that is imported again. */
export interface KnownEvent extends ChangedEvent {
  readonly sourceId: string
  readonly contentHash: string
  readonly shiftDays: number | null
  /** Sale and prices come from the attached seating, not from the source. */
  readonly hasSeating: boolean
  /** Whether the event has a waiting room now. */
  readonly needsPass: boolean
}

/** An event to store. Its dates are the source's; the shift is applied when it is stored. */
export interface ImportedEvent {
  readonly event: CatalogueEvent
  readonly contentHash: string
  readonly shiftDays: number | null
  readonly hasSeating: boolean
}

export interface ImportChanges {
  readonly counts: { readonly stored: number; readonly changed: number; readonly unchanged: number }
  /** New and changed events, each source id once. */
  readonly events: readonly ImportedEvent[]
}

export interface ImportOptions {
  readonly known: readonly KnownEvent[]
  readonly reschedule: boolean
  /** `YYYY-MM-DD` */
  readonly today: string
}

/**
 * Separates new and changed events from unchanged ones. A shift is chosen once, when a past event is first imported with `reschedule`, and
 * then stays. Of events with the same source id the last one counts.
 */
export function importChanges(
  batch: readonly CatalogueEvent[],
  { known, reschedule, today }: ImportOptions,
): ImportChanges {
  const knownById = new Map(known.map((event) => [event.sourceId, event]))
  const events: ImportedEvent[] = []
  let stored = 0
  for (const event of new Map(batch.map((each) => [each.source_id, each])).values()) {
    const before = knownById.get(event.source_id)
    const givenShift = before?.shiftDays ?? null
    const shiftDays = givenShift ?? (reschedule ? rescheduleShift({ startsOn: event.starts_on, today }) : null)
    const contentHash = createHash('sha256').update(JSON.stringify(event)).digest('hex')
    if (before?.contentHash === contentHash && shiftDays === givenShift) continue
    if (before === undefined) stored += 1
    events.push({ event, contentHash, shiftDays, hasSeating: before?.hasSeating ?? false })
  }
  const changed = events.length - stored
  return { counts: { stored, changed, unchanged: batch.length - events.length }, events }
}

/** Whether an import changed the sale of an event with seating. Cancelled is final. */
export function saleFollows(before: KnownEvent, after: KnownEvent): boolean {
  if (!after.hasSeating || before.status === 'cancelled') return false
  return (
    before.status !== after.status ||
    before.offSaleAt.getTime() !== after.offSaleAt.getTime() ||
    before.cancelUntil?.getTime() !== after.cancelUntil?.getTime()
  )
}
