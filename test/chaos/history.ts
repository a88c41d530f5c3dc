import type { SaleChange } from './organiser.ts'
import type { LocalDecisions, Probe } from './prober.ts'
import type { PublicRead } from './public-read.ts'
import type { PlaceSeen } from './queue.ts'

/*
 * What buyers asked and what they were told. An answer that never came is `unknown`: whether it was done is found out
 * later, and then it must be so everywhere.
 */

/** Members of answers that anybody here looks at. */
export interface AnswerBody {
  readonly id?: string
  readonly code?: string
  readonly event_id?: string
  readonly user_id?: string
  readonly hold_id?: string
  readonly status?: string
  readonly total_minor?: number
  readonly seq?: string
  readonly expires_at?: string
  readonly places?: readonly { readonly seat_no?: number }[]
  readonly tickets?: readonly { readonly id: string; readonly status?: string }[]
  readonly items?: readonly AnswerBody[]
  /** Of a place in a queue. */
  readonly state?: string
  readonly number?: number | null
  readonly serving?: number
  readonly pass?: string | null
}

export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly body: AnswerBody }
  | { readonly kind: 'unknown'; readonly why: string }

export type Operation =
  | 'hold'
  | 'change hold'
  | 'release'
  | 'abandon'
  | 'purchase'
  | 'cancel'
  | 'browse'
  | 'list bookings'
  | 'view hold'
  | 'join'
  | 'look'
  | 'claim'
  | 'leave'

export interface Asked {
  readonly operation: Operation
  readonly userId: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly key?: string
  readonly json?: Record<string, unknown>
  /** Of the waiting room. */
  readonly pass?: string | undefined
  /** Somebody reaches for what belongs to another: it must not work. */
  readonly stranger?: boolean
  /** The buyer did not wait for the answer. */
  readonly cutByBuyer?: boolean
}

export interface Entry extends Asked {
  readonly gateway: number
  /** Milliseconds since the history began. */
  readonly beganAt: number
  readonly endedAt: number
  readonly outcome: Outcome
}

/**
 * `done` and `refused` are the end of it; `open` may be either, and is asked again with the same key. A purchase that is
 * being worked on (202) is open, and so is every failure of the server: it may have been done all the same.
 */
export type Verdict = 'done' | 'refused' | 'open'

export function verdictOf(outcome: Outcome): Verdict {
  if (outcome.kind === 'unknown') return 'open'
  const { status, body } = outcome
  if (status === 202 || status === 429 || status >= 500 || body.code === 'idempotency_key_in_use') return 'open'
  return status < 300 ? 'done' : 'refused'
}

/** All requests of one buyer with one key. */
export interface Command {
  readonly userId: string
  readonly key: string
  /** In the order of their answers. */
  readonly entries: readonly Entry[]
}

export class History {
  readonly entries: Entry[] = []
  /** Public pages that anybody looked at. */
  readonly reads: PublicRead[] = []
  /** What an organiser did to events that nobody buys for, in the order in which it was done to each. */
  readonly changes: SaleChange[] = []
  /** What buyers were told of their places in the queue, in the order of the answers. */
  readonly places: PlaceSeen[] = []
  /** Of somebody who asks more often than allowed, and what gateways told of their limits meanwhile. */
  readonly probes: Probe[] = []
  readonly localDecisions: LocalDecisions[] = []
  readonly #began = performance.now()

  now(): number {
    return performance.now() - this.#began
  }

  add(entry: Entry): void {
    this.entries.push(entry)
  }

  /** Every purchase with its repetitions. */
  purchases(): Command[] {
    return this.#commands('purchase')
  }

  /** Every request to give tickets back, with its repetitions. */
  cancellations(): Command[] {
    return this.#commands('cancel')
  }

  /** Holds that buyers know they got, as they were answered. */
  holds(): AnswerBody[] {
    return this.entries.flatMap(({ operation, outcome }) =>
      operation === 'hold' && outcome.kind === 'answer' && outcome.status === 201 ? [outcome.body] : [],
    )
  }

  #commands(operation: Operation): Command[] {
    return commandsOf(this.entries.filter((entry) => entry.operation === operation))
  }
}

function commandsOf(entries: readonly Entry[]): Command[] {
  const commands = new Map<string, Entry[]>()
  for (const entry of entries) {
    const name = `${entry.userId} ${entry.key}`
    commands.set(name, [...(commands.get(name) ?? []), entry])
  }
  return [...commands.values()].map((all) => ({
    userId: all[0]?.userId ?? '',
    key: all[0]?.key ?? '',
    entries: all.toSorted((a, b) => a.endedAt - b.endedAt),
  }))
}

/** The answer that says done, if there was one. */
export function acknowledgement({ entries }: Command): AnswerBody | undefined {
  for (const { outcome } of entries) {
    if (outcome.kind === 'answer' && verdictOf(outcome) === 'done') return outcome.body
  }
  return undefined
}

/** What the buyer knows in the end. */
export function finalVerdict({ entries }: Command): Verdict {
  const verdicts = entries.map(({ outcome }) => verdictOf(outcome))
  if (verdicts.includes('done')) return 'done'
  return verdicts.at(-1) ?? 'open'
}

/** The longest time, in milliseconds, between two answers to selling requests that were not failures of the server. */
export function longestUnavailability(entries: readonly Entry[], { from, to }: { from: number; to: number }): number {
  const served = entries
    .filter(({ operation, stranger }) => (operation === 'hold' || operation === 'purchase') && !stranger)
    .filter(({ outcome }) => verdictOf(outcome) !== 'open')
    .map(({ endedAt }) => endedAt)
    .filter((at) => at >= from && at <= to)
    .toSorted((a, b) => a - b)
  return [...served, to].reduce(({ last, longest }, at) => ({ last: at, longest: Math.max(longest, at - last) }), {
    last: from,
    longest: 0,
  }).longest
}
