import type { Span } from '@opentelemetry/api'
import type { Hold } from '#shared/contracts/holds.ts'
import { wantedPlaces } from '#shared/contracts/places.ts'
import { CommitUnanswered } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { remainingMs } from '#shared/messaging/headers.ts'
import { timedOut } from '#shared/messaging/message.ts'
import { recordedSpan, withSharedSpan } from '#shared/observability/tracing.ts'
import { seatsStayLocked } from '../lost-seats/lost-seats.ts'
import type { BookingMetrics } from '../metrics.ts'
import type { AloneReason, Outcome, Patience, PlaceRequest } from './request.ts'
import { type Settle, type TakingParts, takeBatch } from './take-batch.ts'

/** Size of a batch: what one transaction can do while all others wait a few milliseconds. */
const maxRequests = 64
const maxPlaces = 500
/** Batches in progress: while one waits for the disk, another one reads. */
const maxUnderWay = 2
/** Batches of one in progress, which may wait for locks. Fewer than connections, so that they delay only each other. */
const maxAlone = 5

/**
 * How many batches a request with locked places joins before it waits for them alone: most locks belong to a batch of another worker and
 * last a few milliseconds.
 */
const maxBatches = 3
/** How often a request alone searches again for free but locked places. */
const maxWaits = 3

export interface Taken {
  readonly hold: Hold
  /** The stored answer to an earlier message with the same key. */
  readonly isRepetition: boolean
}

interface Waiting {
  readonly request: PlaceRequest
  readonly span: Span | undefined
  /** `performance.now()` at its arrival. */
  readonly since: number
  /** Number of batches that it was in. */
  readonly batches: number
  readonly done: (taken: Taken) => void
  readonly fail: (error: unknown) => void
}

interface WaitingAlone extends Waiting {
  readonly why: AloneReason
}

interface BatchesParts extends TakingParts {
  readonly metrics: BookingMetrics
}

/**
 * The only way to take places. Requests that arrive during a transaction go into the next one together; none waits for others.
 * `MAX_IN_FLIGHT` limits how many wait.
 */
export class Batches {
  readonly #parts: BatchesParts
  #waiting: Waiting[] = []
  #waitingAlone: WaitingAlone[] = []
  #underWay = 0
  readonly #buyersAlone = new Set<string>()
  #isPlanned = false

  constructor(parts: BatchesParts) {
    this.#parts = parts
  }

  /** Takes all wanted places or none. Throws the refusal, and `unavailable` if it is unknown whether they are taken. */
  take(request: PlaceRequest): Promise<Taken> {
    return new Promise((done, fail) => {
      const waiting = { request, span: recordedSpan(), since: performance.now(), batches: 0, done, fail }
      if (request.isSwap) this.#waitingAlone.push({ ...waiting, why: 'swap' })
      else this.#waiting.push(waiting)
      this.#plan()
    })
  }

  /** After all messages that have arrived by now are read. */
  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      while (this.#underWay < maxUnderWay) {
        const batch = this.#nextBatch()
        if (batch.length === 0) break
        this.#underWay += 1
        void this.#run(batch).finally(() => {
          this.#underWay -= 1
          this.#plan()
        })
      }
      while (this.#buyersAlone.size < maxAlone) {
        const waiting = this.#nextAlone()
        if (waiting === undefined) break
        const buyer = buyerOf(waiting)
        this.#buyersAlone.add(buyer)
        void this.#runAlone(waiting).finally(() => {
          this.#buyersAlone.delete(buyer)
          this.#plan()
        })
      }
    })
  }

  /** In order of arrival, with at most one request per buyer and per key: the answers of the others depend on its outcome. */
  #nextBatch(): Waiting[] {
    this.#waiting = withinTime(this.#waiting)
    const batch: Waiting[] = []
    const later: Waiting[] = []
    const names = new Set<string>()
    let places = 0
    for (const waiting of this.#waiting) {
      const ofThis = [buyerOf(waiting), ...keyOf(waiting)]
      const isFull = batch.length === maxRequests || (places > 0 && places + placesOf(waiting) > maxPlaces)
      if (isFull || ofThis.some((name) => names.has(name))) {
        later.push(waiting)
        continue
      }
      for (const name of ofThis) names.add(name)
      places += placesOf(waiting)
      batch.push(waiting)
    }
    this.#waiting = later
    return batch
  }

  /** The next request alone whose buyer has no other one in progress: a lock of one buyer delays no other buyer. */
  #nextAlone(): WaitingAlone | undefined {
    this.#waitingAlone = withinTime(this.#waitingAlone)
    const index = this.#waitingAlone.findIndex((waiting) => !this.#buyersAlone.has(buyerOf(waiting)))
    return index === -1 ? undefined : this.#waitingAlone.splice(index, 1)[0]
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const byRequest = new Map(batch.map((waiting) => [waiting.request, waiting]))
    const again: Waiting[] = []
    try {
      await this.#take(batch, { alone: false, forRows: false }, (request, outcome) => {
        const waiting = byRequest.get(request)
        byRequest.delete(request)
        if (waiting === undefined) return
        const batches = waiting.batches + 1
        if (outcome.what !== 'alone') answer(waiting, outcome)
        else if (outcome.why === 'places_locked' && batches < maxBatches) again.push({ ...waiting, batches })
        else this.#waitingAlone.push({ ...waiting, why: outcome.why })
      })
      if (byRequest.size > 0) throw new Error('a batch left requests without an answer')
    } catch (error) {
      for (const waiting of byRequest.values()) {
        if (mayBeOfOneRequest(error)) this.#waitingAlone.push({ ...waiting, why: 'batch_failed' })
        else waiting.fail(error)
      }
    }
    this.#waiting.unshift(...again)
  }

  async #runAlone(waiting: WaitingAlone): Promise<void> {
    const { why, request, fail } = waiting
    this.#parts.metrics.batchedAlone(why)
    try {
      for (let waits = why === 'places_locked' ? 1 : 0; waits <= maxWaits; waits++) {
        let outcome: Outcome | undefined
        await this.#take([waiting], { alone: true, forRows: waits > 0 }, (_, came) => {
          outcome = came
        })
        if (outcome === undefined) throw new Error('a batch of one left its request without an answer')
        if (outcome.what !== 'alone') return answer(waiting, outcome)
        if (remainingMs(request.command.context) <= 0) throw timedOut()
      }
      throw seatsStayLocked()
    } catch (error) {
      fail(error)
    }
  }

  #take(batch: readonly Waiting[], patience: Patience, settle: Settle): Promise<void> {
    const spans = batch.flatMap(({ span }) => span ?? [])
    const attributes = { 'batch.size': batch.length }
    if (!patience.alone) {
      const now = performance.now()
      this.#parts.metrics.batched(batch.map(({ since }) => (now - since) / 1_000))
    }
    const requests = batch.map(({ request }) => request)
    return withSharedSpan('take places', { attributes }, spans, () =>
      takeBatch(this.#parts, requests, patience, settle),
    )
  }
}

/**
 * Whether to run a failed batch again, request by request. Not if the database is unavailable. Never after COMMIT was sent: its result is
 * unknown, and a request without a key would be carried out twice.
 */
function mayBeOfOneRequest(error: unknown): boolean {
  return !(error instanceof CommitUnanswered) && !(error instanceof TicketingError && error.isFault)
}

/** Refuses requests whose callers no longer wait, before any work for them. */
function withinTime<Each extends Waiting>(waiting: readonly Each[]): Each[] {
  return waiting.filter(({ request, fail }) => {
    if (remainingMs(request.command.context) > 0) return true
    fail(timedOut())
    return false
  })
}

function answer({ done, fail }: Waiting, outcome: Exclude<Outcome, { what: 'alone' }>): void {
  if (outcome.what === 'refused') fail(outcome.error)
  else done({ hold: outcome.hold, isRepetition: outcome.what === 'repeated' })
}

function buyerOf({ request: { buyer } }: Waiting): string {
  return `buyer ${buyer.eventId} ${buyer.userId}`
}

function keyOf({ request: { command } }: Waiting): string[] {
  const { idempotencyKey, caller } = command.context
  return idempotencyKey === undefined ? [] : [`key ${command.operation} ${caller.role}:${caller.id} ${idempotencyKey}`]
}

function placesOf({ request }: Waiting): number {
  return wantedPlaces(request.selection)
}
