import test from 'ava'
import { CallerLease } from '../../gateway/limits/caller-lease.ts'
import { foresee } from '../../gateway/limits/foresee.ts'
import type { LeasedLimits } from '../../gateway/limits/leased-limits.ts'
import { defaultRateLimits, rateWindowMs } from '../../gateway/limits/rate-classes.ts'
import { createRequestLimits } from '../../gateway/limits/request-limit.ts'

const limits = createRequestLimits(defaultRateLimits)
const browsing = [
  ['address', 'a'],
  ['browse', 'a'],
] as const

/** A lease with so many tokens, or whose refusal lasts a minute. */
function lease(max: number, tokens: number | 'refused'): CallerLease {
  const made = new CallerLease({ max, windowMs: rateWindowMs })
  const now = performance.now()
  if (tokens === 'refused') made.note([0, 0, 60_000, 60_000, 60_000], now)
  else made.note([tokens, 500, 60_000, 60_000, 0], now)
  return made
}

function knowing(leases: Record<string, CallerLease>): LeasedLimits {
  return { leaseOf: (key: string) => leases[key] } as unknown as LeasedLimits
}

test('a request that all limits admit takes a token of each, when it is counted and not before', (t) => {
  const address = lease(120_000, 5)
  const browse = lease(60_000, 3)
  const known = knowing({ 'limit:address:a': address, 'limit:browse:a': browse })
  const foreseen = foresee(browsing, limits, known)
  t.false(foreseen?.isRefused)
  t.is(foreseen?.limit?.rateClass, 'browse')
  t.deepEqual([address.left, browse.left], [5, 3])
  t.is(foreseen?.count().remaining, 502)
  t.deepEqual([address.left, browse.left], [4, 2])
})

test('a request that the inner limit refuses counts at the outer one', (t) => {
  const address = lease(120_000, 5)
  const foreseen = foresee(
    browsing,
    limits,
    knowing({ 'limit:address:a': address, 'limit:browse:a': lease(60_000, 'refused') }),
  )
  t.true(foreseen?.isRefused)
  t.is(foreseen?.limit?.rateClass, 'browse')
  t.is(foreseen?.count().remaining, 0)
  t.is(address.left, 4)
})

test('a request that the outer limit refuses does not count at the inner one', (t) => {
  const browse = lease(60_000, 3)
  const foreseen = foresee(
    browsing,
    limits,
    knowing({ 'limit:address:a': lease(120_000, 'refused'), 'limit:browse:a': browse }),
  )
  t.is(foreseen?.limit?.rateClass, 'address')
  foreseen?.count()
  t.is(browse.left, 3)
})

test('nothing is foreseen where one limit has to ask Redis', (t) => {
  t.is(foresee(browsing, limits, knowing({ 'limit:address:a': lease(120_000, 5) })), undefined)
  const used = knowing({ 'limit:address:a': lease(120_000, 5), 'limit:browse:a': lease(60_000, 0) })
  t.is(foresee(browsing, limits, used), undefined)
  t.is(foresee(browsing, null, knowing({}))?.limit, null)
})
