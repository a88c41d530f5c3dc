import type { Edit } from './edit.ts'

/** A fault that somebody could make, and what must notice it. */
export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** The test file that must go red. */
  readonly test: string
  /** The title of a test in it that must: the mutant was found for what it is. */
  readonly sign: RegExp
}

const noIndex: Edit = {
  file: 'workers/booking/migrations/001-stock-holds-and-bookings.sql',
  find: 'CREATE UNIQUE INDEX seat_sold_once',
  replace: 'CREATE INDEX seat_sold_once',
}

/** Which of its seats a late payment may still get. */
const sellableCondition = {
  file: 'workers/booking/store/seats.ts',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file
  find: 'AND (hold_id = $3 OR ${isFree}) ORDER BY seat_no FOR UPDATE',
}

export const mutants: readonly Mutant[] = [
  {
    name: 'unique index missing',
    edits: [noIndex],
    test: 'test/integration/auditor.test.ts',
    sign: /violates nothing/,
  },
  {
    name: 'unique index on other columns',
    edits: [
      {
        file: 'workers/booking/migrations/001-stock-holds-and-bookings.sql',
        find: 'seat_sold_once ON booking.booking_items (event_id, seat_no)',
        replace: 'seat_sold_once ON booking.booking_items (event_id, booking_id, seat_no)',
      },
    ],
    test: 'test/integration/auditor.test.ts',
    sign: /violates nothing/,
  },
  {
    name: 'unique index and the condition of confirm-hold missing',
    edits: [noIndex, { ...sellableCondition, replace: 'AND (hold_id = $3 OR true) ORDER BY seat_no FOR UPDATE' }],
    test: 'test/integration/confirmation.test.ts',
    sign: /exactly one of them gets the seat|went to somebody else: lost/,
  },
  {
    name: 'deduplication outside the transaction',
    edits: [
      {
        file: 'workers/booking/operations/release-hold.ts',
        find: 'postgres.transaction((db) => once(db, command, () => release(db, key, requireUser(context.caller))))',
        replace:
          'once(postgres, command, () => postgres.transaction((db) => release(db, key, requireUser(context.caller))))',
      },
    ],
    test: 'test/integration/release-broken-off.test.ts',
    sign: /broken off has not happened/,
  },
  {
    name: 'fact acknowledged before it is stored',
    edits: [
      {
        file: 'shared/facts/relay.ts',
        find: 'const results = await Promise.allSettled(rows.map((row) => publish(bus, row)))',
        replace: `await postgres.query(
      \`UPDATE \${schema}.outbox SET published_at = now() WHERE id = ANY($1::uuid[])\`,
      [rows.map(({ id }) => id)],
    )
    const results = await Promise.allSettled(rows.map((row) => publish(bus, row)))`,
      },
    ],
    test: 'test/integration/outbox.test.ts',
    sign: /every fact arrives|do not acknowledge|does not acknowledge|killed between publishing/,
  },
  {
    name: 'foreign release allowed',
    edits: [
      {
        file: 'workers/booking/own-hold.ts',
        find: 'if (hold?.userId !== userId) throw noSuchHold()',
        replace: 'if (hold === undefined || userId === undefined) throw noSuchHold()',
      },
    ],
    test: 'test/integration/release-hold.test.ts',
    sign: /released by a stranger/,
  },
  {
    name: 'rescue ignores the new holder',
    edits: [
      {
        ...sellableCondition,
        replace: `AND (hold_id = $3 OR state IN ('available', 'held')) ORDER BY seat_no FOR UPDATE`,
      },
    ],
    test: 'test/integration/confirmation.test.ts',
    sign: /went to somebody else: lost/,
  },
  {
    name: 'news ignored by the cache',
    edits: [
      {
        file: 'gateway/reads/invalidations.ts',
        find: 'return tags.some((tag) => (this.#recent.get(tag) ?? this.#earlier.get(tag) ?? 0) > position.sequence)',
        replace: 'return false',
      },
    ],
    test: 'test/integration/reply-cache.test.ts',
    sign: /no old reply comes back/,
  },
  {
    name: 'what was admitted without Redis forgotten when it is back',
    edits: [
      {
        file: 'gateway/limits/local-bucket.ts',
        find: '    this.#admitted = 0\n',
        replace: '    this.#admitted = 0\n    this.#fullAt = 0\n    this.#uncounted = 0\n',
      },
    ],
    test: 'test/unit/local-buckets.test.ts',
    sign: /however often Redis goes and comes/,
  },
  {
    name: 'leases do not lapse',
    edits: [
      {
        file: 'gateway/limits/lease.ts',
        find: "if (this.#left > 0 && now < this.#lapsesAt) return 'admitted'",
        replace: "if (this.#left > 0) return 'admitted'",
      },
    ],
    test: 'test/unit/calls.test.ts',
    sign: /tokens lapse/,
  },
  {
    name: 'fence of held seats missing',
    edits: [
      {
        file: 'workers/booking/store/seats.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file
        find: "AND ${isFreeFor('own_id')}\n",
        replace: '\n',
      },
      {
        file: 'workers/booking/store/seats.ts',
        find: 'SELECT booking.require_all_taken((SELECT count(*) FROM taken), (SELECT count(*) FROM wanted))',
        replace: 'SELECT',
      },
    ],
    test: 'test/integration/batched-holds.test.ts',
    sign: /is sold once, by the fence alone/,
  },
  {
    name: 'batch run again after COMMIT',
    edits: [
      {
        file: 'workers/booking/taking/batches.ts',
        find: 'return !(error instanceof CommitUnanswered) && !(error instanceof TicketingError && error.isFault)',
        replace: 'return error instanceof CommitUnanswered || !(error instanceof TicketingError && error.isFault)',
      },
    ],
    test: 'test/integration/batched-holds.test.ts',
    sign: /nothing runs again, all hear so/,
  },
]
