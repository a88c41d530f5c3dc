import { type CatalogueEvent, catalogueEvent, importEvents } from '#shared/contracts/organising.ts'
import { type FieldError, TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { ExplainedError } from '../../explained-error.ts'
import type { Catalogue, QuirkCounts } from './formats/catalogue.ts'
import { firstFault } from './formats/first-fault.ts'
import { ask } from './import-context.ts'

export interface CatalogueOutcome {
  readonly read: number
  /** New ones. */
  readonly stored: number
  readonly changed: number
  readonly unchanged: number
  /** Records whose source id comes again later in the file: the last one counts. */
  readonly repeated: number
  readonly refusals: readonly Refusal[]
  readonly quirks: QuirkCounts
}

export interface Refusal {
  readonly sourceId: string
  readonly reason: string
}

export interface CatalogueImportOptions {
  readonly reschedule: boolean
  readonly stopping: AbortSignal
  onProgress(done: number, total: number): void
}

/** Bounds of one message; the contract sets the first, and with what surrounds the events it stays under 256 KB. */
const maxBatchEvents = 200
const maxBatchBytes = 255 * 1024

/**
 * Sends all events that the contract takes to the event worker. Throws `ExplainedError` when the worker is away or fails;
 * what was sent before is stored, and running it again does the rest.
 */
export async function importCatalogue(
  bus: Bus,
  catalogue: Catalogue,
  { reschedule, stopping, onProgress }: CatalogueImportOptions,
): Promise<CatalogueOutcome> {
  const { events, refusals, repeated } = checked(catalogue)
  const counts = { stored: 0, changed: 0, unchanged: 0 }
  const send = async (batch: CatalogueEvent[]): Promise<void> => {
    try {
      const request = { source: catalogue.source, events: batch, reschedule }
      const reply = await ask(bus, importEvents, request)
      counts.stored += reply.stored
      counts.changed += reply.changed
      counts.unchanged += reply.unchanged
    } catch (error) {
      if (!(error instanceof TicketingError && error.code === 'validation_failed')) throw error
      // The worker takes a batch whole or not at all: halving it finds the event that is wrong.
      const half = Math.floor(batch.length / 2)
      if (half === 0) refusals.push({ sourceId: batch[0]?.source_id ?? '', reason: reasonOf(error) })
      else for (const part of [batch.slice(0, half), batch.slice(half)]) await send(part)
    }
  }
  let done = 0
  for (const batch of batches(events)) {
    if (stopping.aborted) throw new ExplainedError(`stopped after ${done} of ${events.length} events`)
    onProgress(done, events.length)
    await send(batch).catch((error: Error) => {
      throw new ExplainedError(`stopped after ${done} of ${events.length} events: ${error.message}`, { cause: error })
    })
    done += batch.length
  }
  return { read: catalogue.records.length, ...counts, repeated, refusals, quirks: catalogue.quirks }
}

/** The events that the contract takes, each source id once, and why the others are refused. */
function checked({ records }: Catalogue) {
  const events = new Map<string, CatalogueEvent>()
  const refusals: Refusal[] = []
  let repeated = 0
  for (const [index, record] of records.entries()) {
    const result = 'refused' in record ? record : check(record.event)
    if ('refused' in result) {
      refusals.push({ sourceId: record.sourceId || `record ${index + 1}`, reason: result.refused })
      continue
    }
    if (events.has(result.source_id)) repeated += 1
    events.set(result.source_id, result)
  }
  return { events: [...events.values()], refusals, repeated }
}

function check(event: CatalogueEvent): CatalogueEvent | { refused: string } {
  const result = catalogueEvent.safeParse(event)
  return result.success ? result.data : { refused: firstFault(result.error) }
}

/** A worker's refusal with its first detail. */
function reasonOf({ message, extra }: TicketingError): string {
  const [first] = (extra.errors ?? []) as FieldError[]
  return first === undefined ? message : `${message} ${first.detail}`
}

/** Cuts events into messages that a server with ordinary settings takes. */
function* batches(events: readonly CatalogueEvent[]): Generator<CatalogueEvent[]> {
  let batch: CatalogueEvent[] = []
  let bytes = 0
  for (const event of events) {
    const eventBytes = Buffer.byteLength(JSON.stringify(event)) + 1
    if (batch.length > 0 && (batch.length === maxBatchEvents || bytes + eventBytes > maxBatchBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += eventBytes
  }
  if (batch.length > 0) yield batch
}
