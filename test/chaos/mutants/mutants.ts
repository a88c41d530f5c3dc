import type { Edit } from './edit.ts'

/** A fault that somebody could make, and what must notice it. */
export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** The test file that must go red. */
  readonly test: string
  /** Part of the title of the test in it that must. Only that test is run. */
  readonly title: string
}

const mutant = (name: string, test: string, title: string, ...edits: Edit[]): Mutant => ({
  name,
  edits,
  test: `test/${test}.test.ts`,
  title,
})

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace })

const stock = 'workers/booking/migrations/001-stock-holds-and-bookings.sql'
const noIndex = edit(stock, 'CREATE UNIQUE INDEX seat_sold_once', 'CREATE INDEX seat_sold_once')

const seats = 'workers/booking/store/seats.ts'
/** Which of its seats a late payment may still get. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file
const sellable = 'AND (hold_id = $3 OR ${isFree}) ORDER BY seat_no FOR UPDATE'

export const mutants: readonly Mutant[] = [
  mutant('unique index missing', 'integration/auditor-new-database', 'every fence stands', noIndex),
  mutant(
    'unique index on other columns',
    'integration/auditor-new-database',
    'every fence stands',
    edit(
      stock,
      'seat_sold_once ON booking.booking_items (event_id, seat_no)',
      'seat_sold_once ON booking.booking_items (event_id, booking_id, seat_no)',
    ),
  ),
  mutant(
    'unique index and the condition of confirm-hold missing',
    'integration/confirmation',
    'exactly one of them gets the seat',
    noIndex,
    edit(seats, sellable, 'AND (hold_id = $3 OR true) ORDER BY seat_no FOR UPDATE'),
  ),
  mutant(
    'deduplication outside the transaction',
    'integration/release-broken-off',
    'broken off has not happened',
    edit(
      'workers/booking/operations/release-hold.ts',
      'postgres.transaction((db) => once(db, command, () => release(db, key, requireUser(context.caller))))',
      'once(postgres, command, () => postgres.transaction((db) => release(db, key, requireUser(context.caller))))',
    ),
  ),
  mutant(
    'fact acknowledged before it is stored',
    'integration/outbox',
    'does not acknowledge',
    edit(
      'shared/facts/relay.ts',
      'const results = await Promise.allSettled(rows.map((row) => publish(bus, row)))',
      `await postgres.query(
      \`UPDATE \${schema}.outbox SET published_at = now() WHERE id = ANY($1::uuid[])\`,
      [rows.map(({ id }) => id)],
    )
    const results = await Promise.allSettled(rows.map((row) => publish(bus, row)))`,
    ),
  ),
  mutant(
    'foreign release allowed',
    'integration/release-hold',
    'released by a stranger',
    edit(
      'workers/booking/own-hold.ts',
      'if (hold?.userId !== userId) throw noSuchHold()',
      'if (hold === undefined || userId === undefined) throw noSuchHold()',
    ),
  ),
  mutant(
    'rescue ignores the new holder',
    'integration/confirmation',
    'went to somebody else: lost',
    edit(seats, sellable, `AND (hold_id = $3 OR state IN ('available', 'held')) ORDER BY seat_no FOR UPDATE`),
  ),
  mutant(
    'news ignored by the cache',
    'integration/reply-cache',
    'no old reply comes back',
    edit(
      'gateway/reads/invalidations.ts',
      'return tags.some((tag) => (this.#recent.get(tag) ?? this.#earlier.get(tag) ?? 0) > position.sequence)',
      'return false',
    ),
  ),
  mutant(
    'what was admitted without Redis forgotten when it is back',
    'unit/local-buckets',
    'however often Redis goes and comes',
    edit(
      'gateway/limits/local-bucket.ts',
      '    this.#admitted = 0\n',
      '    this.#admitted = 0\n    this.#fullAt = 0\n    this.#uncounted = 0\n',
    ),
  ),
  mutant(
    'leases do not lapse',
    'unit/calls',
    'tokens lapse',
    edit(
      'gateway/limits/lease.ts',
      "if (this.#left > 0 && now < this.#lapsesAt) return 'admitted'",
      "if (this.#left > 0) return 'admitted'",
    ),
  ),
  mutant(
    'fence of held seats missing',
    'integration/batched-holds',
    'is sold once, by the fence alone',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file
    edit(seats, "AND ${isFreeFor('own_id')}\n", '\n'),
    edit(
      seats,
      'SELECT booking.require_all_taken((SELECT count(*) FROM taken), (SELECT count(*) FROM wanted))',
      'SELECT',
    ),
  ),
  mutant(
    'batch run again after COMMIT',
    'integration/batched-holds',
    'nothing runs again, all hear so',
    edit(
      'workers/booking/taking/batches.ts',
      'return !(error instanceof CommitUnanswered) && !(error instanceof TicketingError && error.isFault)',
      'return error instanceof CommitUnanswered || !(error instanceof TicketingError && error.isFault)',
    ),
  ),
]
