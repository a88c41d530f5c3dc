import { recordScans as contract, type DoorTicket, type ManifestTicket } from '#shared/contracts/check-in.ts'
import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { type Database, type Postgres, violatesUnique } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireDoor } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ticketNumberIn } from '#shared/scans.ts'
import type { BookingMetrics } from '../metrics.ts'
import { RecentValues } from '../recent-values.ts'
import { noTicketsOfEvent } from '../refusals.ts'
import { findSale } from '../store/sales.ts'
import type { TicketCodes } from '../ticket-codes.ts'
import { type JudgedScan, judgeScans, type ReadCode, type Scan } from './scan-rule.ts'
import {
  countRefusals,
  countTickets,
  findScans,
  lockTicketsAtDoor,
  noteLetIn,
  readDoorTickets,
  storeScans,
  type TicketCounts,
} from './store.ts'

type ScanResult = ReplyOf<typeof contract>['items'][number]

interface RecordScansParts {
  readonly postgres: Pick<Postgres, 'transaction' | 'query' | 'execute'>
  readonly codes: TicketCodes
  readonly metrics: BookingMetrics
}

/**
 * All scans of a request share one transaction, which locks their tickets: of scans at several gates, the first admits. Counting reads all
 * tickets of the event, 20 ms for 100,000, so all requests within a fifth of a second share one count.
 */
export function recordScans({ postgres, codes, metrics }: RecordScansParts): Operation {
  const recentCounts = new RecentValues<TicketCounts>({ maxAgeMs: 200, maxKeys: 1_000 })
  return operation(contract, async (request, { caller }) => {
    requireDoor(caller)
    const { event_id: eventId, gate } = request
    const scans = await Promise.all(request.scans.map((scan) => readScan(codes, eventId, scan)))
    const { judged, tickets } = await postgres
      .transaction((db) => record(db, { eventId, gate, scans }))
      .catch((error: unknown) => {
        throw violatesUnique(error, 'check_ins_pkey') ? scanInProgress() : error
      })
    for (const { isNew, outcome } of judged) if (isNew) metrics.scanned(outcome)
    const counts = await recentCounts.of(eventId, () => countTickets(postgres, eventId))
    return { items: judged.map((each) => resultOf(each, tickets)), ...counts }
  })
}

/** Codes are verified before the transaction: it takes longer than the SQL. */
async function readScan(
  codes: TicketCodes,
  eventId: string,
  { scan_id, code, scanned_at, let_in = false }: ParsedRequestOf<typeof contract>['scans'][number],
): Promise<Scan> {
  return { scanId: scan_id, scannedAt: scanned_at, letIn: let_in, code: await readCode(codes, eventId, code) }
}

async function readCode(codes: TicketCodes, eventId: string, code: string): Promise<ReadCode> {
  const number = ticketNumberIn(code)
  if (number !== null) return { kind: 'number', number }
  const claims = await codes.read(code)
  if (claims === null) return { kind: 'unknown' }
  const { key, serial } = claims
  return key.eventId === eventId ? { kind: 'ticket', ownId: key.ownId, serial } : { kind: 'other_event' }
}

async function record(
  db: Database,
  { eventId, gate, scans }: { eventId: string; gate: string; scans: readonly Scan[] },
): Promise<{ judged: JudgedScan[]; tickets: ReadonlyMap<string, ManifestTicket> }> {
  const codes = scans.map(({ code }) => code)
  const locked = await lockTicketsAtDoor(db, {
    eventId,
    ownIds: codes.flatMap((code) => (code.kind === 'ticket' ? [code.ownId] : [])),
    numbers: codes.flatMap((code) => (code.kind === 'number' ? [code.number] : [])),
  })
  const [sale, stored, refusals] = await Promise.all([
    findSale(db, eventId),
    findScans(db, { eventId, scanIds: scans.map(({ scanId }) => scanId) }),
    countRefusals(db, { eventId, ownIds: locked.map(({ ownId }) => ownId) }),
  ])
  if (sale === undefined) throw noTicketsOfEvent()
  const isEventCancelled = sale.status === 'cancelled'
  const judged = judgeScans(scans, { tickets: locked, refusals, stored, isEventCancelled })
  const ofTickets = judged.filter((each) => each.ticketId !== null)
  await storeScans(db, { eventId, gate, scans: ofTickets.filter(({ isToStore }) => isToStore) })
  // The answer to a scan may have been lost before its device let the holder in.
  const letInSince = judged.filter(({ isNew, scan }) => !isNew && scan.letIn)
  await noteLetIn(db, { eventId, scanIds: letInSince.map(({ scan }) => scan.scanId) })
  const tickets = await readDoorTickets(db, { eventId, ownIds: ofTickets.map(({ ticketId }) => ticketId) })
  return { judged, tickets }
}

function resultOf({ scan, ticketId, outcome }: JudgedScan, tickets: ReadonlyMap<string, ManifestTicket>): ScanResult {
  const found = ticketId === null ? undefined : tickets.get(ticketId)
  return { scan_id: scan.scanId, outcome, ticket: found ? doorTicketOf(found) : null, entered: found?.entered ?? null }
}

function doorTicketOf({ id, number, serial, place }: ManifestTicket): DoorTicket {
  return { id, number, serial, place }
}

function scanInProgress(): TicketingError {
  return new TicketingError(
    'idempotency_key_in_use',
    'One of these scans is being recorded at this moment; send them again.',
  )
}
