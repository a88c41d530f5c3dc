import test from 'ava'
import type { FaultTime } from './checks/evidence.ts'
import { changedSalesLookChanged, countReads, soldSeatsLookSold, writersSeeTheirWrites } from './checks/stale-reads.ts'
import { type Entry, History } from './history.ts'
import type { PublicRead } from './public-read.ts'

/* The positive control of what public pages may show: what is allowed is green, and each lie is found. */

/** Seats 0 and 1 are free, 2 is held, 3 is sold. */
const states = '0012'

function read(given: Partial<PublicRead>): PublicRead {
  const page = { page: 'seats', eventId: 'e', gateway: 0, status: 200, cacheStatus: 'gateway; hit; ttl=0' } as const
  return { ...page, beganAt: 0, endedAt: given.beganAt ?? 0, states, saleStatus: '', ...given }
}

function historyOf({ reads = [], entries = [] }: { reads?: PublicRead[]; entries?: Entry[] }): History {
  const history = new History()
  history.reads.push(...reads)
  for (const entry of entries) history.add(entry)
  return history
}

/** Ann was told at 1,000 ms that seat 0 is hers. */
const purchase: Entry = {
  operation: 'purchase',
  userId: 'ann',
  method: 'POST',
  path: '/purchase',
  key: 'key-1',
  gateway: 0,
  beganAt: 500,
  endedAt: 1_000,
  outcome: {
    kind: 'answer',
    status: 201,
    text: '',
    body: { id: 'b', event_id: 'e', places: [{ seat_no: 0 }], tickets: [] },
  },
}
const cancellation: Entry = {
  ...purchase,
  operation: 'cancel',
  path: '/bookings/b/cancel',
  beganAt: 3_000,
  endedAt: 3_100,
}

test('a seat that was sold more than a second ago and looks free is found, on either page', (t) => {
  for (const page of ['seats', 'tickets'] as const) {
    const ask = (given: Partial<PublicRead>) =>
      soldSeatsLookSold({ history: historyOf({ reads: [read({ page, ...given })], entries: [purchase] }) })
    t.deepEqual(ask({ beganAt: 1_990 }), [], 'not for a second')
    t.is(ask({ beganAt: 2_100 }).length, 1)
    t.deepEqual(ask({ beganAt: 2_100, states: '2012' }), [], 'it looks sold')
    t.deepEqual(ask({ beganAt: 2_100, eventId: 'other' }), [])
    t.deepEqual(ask({ beganAt: 2_100, status: 503 }), [])
  }
})

test('a page that says that no worker answered is not judged, but counted', (t) => {
  const reads = [read({ beganAt: 9_000, cacheStatus: 'gateway; hit; ttl=-8; detail=no-worker' })]
  const history = historyOf({ reads, entries: [purchase] })
  t.deepEqual(soldSeatsLookSold({ history }), [])
  t.deepEqual(countReads(history), { reads: 1, kept: 1, spare: 1, own: 0 })
})

test('a seat may look free from when its buyer asks to give it back', (t) => {
  const ask = (times: Partial<PublicRead>) =>
    soldSeatsLookSold({ history: historyOf({ reads: [read(times)], entries: [purchase, cancellation] }) })
  t.is(ask({ beganAt: 2_900, endedAt: 2_950 }).length, 1)
  t.deepEqual(ask({ beganAt: 2_950, endedAt: 3_010 }), [])
})

test('a writer who does not see their own change is found, unless their hold ran out meanwhile', (t) => {
  const ask = (keptUntil: number | null, given: Partial<PublicRead> = {}) => {
    const own = { minSeq: '7', seatNos: [0, 3], keptUntil }
    return writersSeeTheirWrites({
      history: historyOf({ reads: [read({ beganAt: 900, endedAt: 1_000, own, ...given })] }),
    })
  }
  t.is(ask(null).length, 1)
  t.is(ask(2_000).length, 1)
  t.deepEqual(ask(1_050), [], 'it may have run out')
  t.deepEqual(ask(2_000, { states: '1011' }), [])
  t.deepEqual(ask(2_000, { status: 503 }), [])
})

test('what an organiser changed more than a second ago is found when it does not show', (t) => {
  const ask = (beganAt: number, saleStatus: string, faults: FaultTime[] = []) => {
    const history = historyOf({ reads: [read({ page: 'event', beganAt, saleStatus })] })
    history.changes.push(
      { eventId: 'e', shows: 'paused', beganAt: 900, acknowledgedAt: 1_000 },
      { eventId: 'e', shows: 'on_sale', beganAt: 8_000, acknowledgedAt: 8_100 },
    )
    return changedSalesLookChanged({ history, faults })
  }
  t.deepEqual(ask(1_900, 'on_sale'), [], 'not for a second')
  t.is(ask(2_100, 'on_sale').length, 1)
  t.deepEqual(ask(2_100, 'paused'), [])
  t.deepEqual(ask(9_000, 'paused'), [], 'not for a second')
  t.is(ask(9_200, 'paused').length, 1)

  const frozen = { kind: 'freeze nats', target: 'nats', touches: ['nats'], from: 500, to: 1_500 }
  t.deepEqual(ask(5_900, 'on_sale', [frozen]), [], 'its fact may be late')
  t.is(ask(6_100, 'on_sale', [frozen]).length, 1, 'but no page may be older than 5 s')
  t.is(ask(2_100, 'on_sale', [{ ...frozen, touches: ['sandbox'] }]).length, 1)
})
