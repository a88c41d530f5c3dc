import type { recordScans } from '#shared/contracts/check-in.ts'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { maxScans, ticketNumberIn } from '#shared/scans.ts'
import type { DoorAnswer, WrongEntry } from '../views/door/door-state.ts'
import { type Answer, type AskOptions, type Fault, offline } from './api.ts'
import { isTransient } from './ask-once.ts'
import { decideOffline, type Entered, isCode, type TicketList } from './decide-offline.ts'
import { newUuid } from './new-uuid.ts'
import type { ScanStore, StoredScan } from './stored-scan.ts'

/** So long people wait at the gate for an answer; then this device decides. */
const answerWithinMs = 2_000
/** So long after a scan without an answer a further scan of its code counts as the same one. */
const askedLastsMs = 3_600_000

type Reply = ReplyOf<typeof recordScans>
type Decision =
  | { readonly answer: DoorAnswer; readonly fault?: undefined }
  | { readonly answer?: undefined; readonly fault: Fault }

export interface ScanQueueParts {
  readonly eventId: string
  /** Null where the browser stores nothing. */
  readonly store: ScanStore | null
  ask<Value>(method: 'POST', path: string, options: AskOptions): Promise<Answer<Value>>
  list(): TicketList | null
  /** What is waiting, wrong entries or the connection may have changed. */
  changed(): void
  /** The gateway said how many are inside; its figures may be older than its answer, which let `newly` people in. */
  counted(figures: Pick<Reply, 'admitted' | 'tickets'>, newly: number): void
  /** Something could not be stored. */
  notStored(): void
}

/**
 * The scans of this device. The gateway decides; if it does not answer in time, the device does, and scans that let somebody in wait until
 * they reach the gateway. Scans are stored with their id before they are sent, so that each takes effect once.
 */
export class ScanQueue {
  readonly #parts: ScanQueueParts
  /** In the order of the scans, by their id. */
  readonly #scans = new Map<string, StoredScan>()
  readonly #wrong = new Map<string, WrongEntry>()
  #isOnline = true
  #isSending = false

  constructor(parts: ScanQueueParts) {
    this.#parts = parts
  }

  /** Reads the scans from before a reload. */
  async restore(): Promise<void> {
    const { store, eventId } = this.#parts
    for (const scan of (await store?.scans(eventId)) ?? []) this.#scans.set(scan.scan_id, scan)
    for (const { event_id, ...wrong } of (await store?.wrongEntries(eventId)) ?? [])
      this.#wrong.set(wrong.scan_id, wrong)
  }

  get isOnline(): boolean {
    return this.#isOnline
  }

  set isOnline(isOnline: boolean) {
    this.#isOnline = isOnline
    this.#parts.changed()
  }

  /** People who were let in without the gateway's knowledge, oldest first. */
  get waiting(): readonly StoredScan[] {
    return [...this.#scans.values()].filter(({ state }) => state === 'waiting')
  }

  get wrongEntries(): readonly WrongEntry[] {
    return [...this.#wrong.values()]
  }

  /** Decides about a scanned or typed text. A fault: the gateway does not take scans of this page, and nobody was let in. */
  async decide(text: string, gate: string): Promise<Decision> {
    const number = ticketNumberIn(text)
    const code = number ?? text
    if (number === null && !isCode(text)) {
      return { answer: { outcome: 'unknown', ticket: null, entered: null, isOffline: false } }
    }
    // The same code again after no answer: had the first one arrived after all, the second must not be refused as a copy.
    const before = [...this.#scans.values()].find((scan) => scan.state === 'asked' && scan.code === code)
    const scan: StoredScan = {
      event_id: this.#parts.eventId,
      scan_id: before?.scan_id ?? newUuid(),
      ...{ code, gate, scanned_at: new Date().toISOString(), ticket_id: null, state: 'asked', settled_at: null },
    }
    // Scans that wait come first: a newer one must not overtake them.
    const isAsked = this.#isOnline && this.waiting.length === 0
    if (isAsked) {
      await this.#put([scan])
      const answer = await this.#post([scan], answerWithinMs)
      if (answer.ok) return { answer: await this.#heed(scan, answer.value) }
      if (!isTransient(answer.problem)) {
        await this.#forget([scan.scan_id])
        return { fault: answer.problem }
      }
      this.isOnline = false
    }
    const { list, eventId } = this.#parts
    const decided = await decideOffline({ code, eventId, list: list(), enteredHere: this.#enteredHere() })
    const { ticket, entered, outcome } = decided
    if (outcome === 'admitted') {
      await this.#put([{ ...scan, ticket_id: ticket?.id ?? null, state: 'waiting' }])
      this.#parts.changed()
    }
    return { answer: { outcome, ticket, entered, isOffline: true } }
  }

  /** Sends waiting scans, oldest first, until the gateway does not answer. Returns whether all arrived. */
  async send(): Promise<boolean> {
    if (this.#isSending) return false
    this.#isSending = true
    try {
      for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
        const answer = await this.#post(batch)
        if (!answer.ok) {
          this.isOnline = false
          return false
        }
        await this.#settle(batch, answer.value)
      }
      this.isOnline = true
      return true
    } finally {
      this.#isSending = false
    }
  }

  /**
   * Forgets entries that a list loaded since `loadedFrom` (ISO 8601) contains, once that list is stored; and scans without an answer after
   * an hour. The list does not replace those: their first outcome may have been an entry, which the same guest still needs to hear.
   */
  async forgetBefore(loadedFrom: string): Promise<void> {
    const oldest = new Date(Date.parse(loadedFrom) - askedLastsMs).toISOString()
    const known = [...this.#scans.values()].filter(
      ({ state, settled_at, scanned_at }) =>
        (state === 'settled' && (settled_at ?? scanned_at) < loadedFrom) || (state === 'asked' && scanned_at < oldest),
    )
    await this.#forget(known.map(({ scan_id }) => scan_id))
  }

  async tickOff(scanId: string): Promise<void> {
    this.#wrong.delete(scanId)
    await this.#parts.store?.deleteWrongEntry(scanId).catch(this.#parts.notStored)
    this.#parts.changed()
  }

  async #heed(scan: StoredScan, { items, admitted, tickets }: Reply): Promise<DoorAnswer> {
    const [item] = items
    if (item === undefined) throw new Error('the gateway answered another scan')
    const { outcome, ticket, entered } = item
    const settled_at = new Date().toISOString()
    if (outcome === 'admitted')
      await this.#put([{ ...scan, ticket_id: ticket?.id ?? null, state: 'settled', settled_at }])
    else await this.#forget([scan.scan_id])
    this.#parts.counted({ admitted, tickets }, outcome === 'admitted' ? 1 : 0)
    return { outcome, ticket, entered, isOffline: false }
  }

  async #settle(batch: readonly StoredScan[], { items, admitted, tickets }: Reply): Promise<void> {
    const { eventId, store } = this.#parts
    const changes = new Map<string, StoredScan>()
    const wrong: WrongEntry[] = []
    const settled_at = new Date().toISOString()
    for (const scan of batch) {
      const item = items.find(({ scan_id }) => scan_id === scan.scan_id)
      if (item === undefined) throw new Error('the gateway left a scan unanswered')
      const { scan_id, outcome, ticket, entered } = item
      changes.set(scan_id, { ...scan, state: 'settled', settled_at })
      if (outcome === 'admitted') continue
      wrong.push({ scan_id, outcome, ticket, entered, at: scan.scanned_at, gate: scan.gate })
    }
    for (const [scanId, scan] of changes) this.#scans.set(scanId, scan)
    for (const each of wrong) this.#wrong.set(each.scan_id, each)
    const stored = wrong.map((each) => ({ ...each, event_id: eventId }))
    await store?.putScans(changes, stored).catch(this.#parts.notStored)
    this.#parts.counted({ admitted, tickets }, batch.length - wrong.length)
    this.#parts.changed()
  }

  /** The next scans of one gate. */
  #nextBatch(): readonly StoredScan[] {
    const { waiting } = this
    const other = waiting.findIndex(({ gate }) => gate !== waiting[0]?.gate)
    return waiting.slice(0, Math.min(maxScans, other === -1 ? maxScans : other))
  }

  /** An answer without an outcome of each scan, such as that of a network which wants a sign-in first, is none. */
  async #post(scans: readonly StoredScan[], deadlineMs?: number): Promise<Answer<Reply>> {
    const { ask, eventId } = this.#parts
    const body: Omit<RequestOf<typeof recordScans>, 'event_id'> = {
      gate: scans[0]?.gate ?? '',
      scans: scans.map(({ scan_id, code, scanned_at, state }) => ({
        ...{ scan_id, code, scanned_at },
        ...(state === 'waiting' && { let_in: true }),
      })),
    }
    const path = `/check-in/${encodeURIComponent(eventId)}/scans`
    const answer = await ask<Reply>('POST', path, { body, ...(deadlineMs !== undefined && { deadlineMs }) })
    if (!answer.ok) return answer
    const { items = [] } = (answer.value ?? {}) as Partial<Reply>
    const isWhole = scans.every(({ scan_id }) => items.some((item) => item.scan_id === scan_id))
    return isWhole ? answer : { ok: false, problem: offline }
  }

  #enteredHere(): ReadonlyMap<string, Entered> {
    const entered = new Map<string, Entered>()
    for (const { ticket_id, gate, scanned_at } of this.#scans.values()) {
      if (ticket_id !== null && !entered.has(ticket_id)) entered.set(ticket_id, { at: scanned_at, gate })
    }
    return entered
  }

  async #put(scans: readonly StoredScan[]): Promise<void> {
    const changes = new Map(scans.map((scan) => [scan.scan_id, scan]))
    for (const [scanId, scan] of changes) this.#scans.set(scanId, scan)
    await this.#parts.store?.putScans(changes).catch(this.#parts.notStored)
  }

  async #forget(scanIds: readonly string[]): Promise<void> {
    for (const scanId of scanIds) this.#scans.delete(scanId)
    await this.#parts.store?.putScans(new Map(scanIds.map((scanId) => [scanId, null]))).catch(this.#parts.notStored)
  }
}
