import test from 'ava'
import { CallerLease } from '../../gateway/limits/caller-lease.ts'
import { foresee, knownAsker, type Limiting } from '../../gateway/limits/foresee.ts'
import { defaultRateLimits, rateWindowMs } from '../../gateway/limits/rate-classes.ts'
import { createRequestLimits } from '../../gateway/limits/request-limit.ts'
import { until } from '../support/until.ts'

const limits = createRequestLimits(defaultRateLimits)
const browsing = { client: 'a', rateClass: 'browse', caller: 'a' } as const

/** A lease with so many tokens, or whose refusal lasts a minute. */
function lease(max: number, tokens: number | 'refused'): CallerLease {
  const made = new CallerLease({ max, windowMs: rateWindowMs })
  const now = performance.now()
  if (tokens === 'refused') made.note([0, 0, 60_000, 60_000, 60_000], now)
  else made.note([tokens, 500, 60_000, 60_000, 0], now)
  return made
}

function knowing({ address, browse }: { address?: CallerLease; browse?: CallerLease }): Limiting {
  const leases = new Map([
    [limits.address.keyOf('a'), address],
    [limits.browse.keyOf('a'), browse],
  ])
  return { limits, leasedLimits: { leaseOf: (key) => leases.get(key) } }
}

test('a request that all limits admit takes a token of each, when it is counted and not before', (t) => {
  const address = lease(120_000, 5)
  const browse = lease(60_000, 3)
  const known = knowing({ address, browse })
  const foreseen = foresee(knownAsker(browsing, known))
  t.false(foreseen?.isRefused)
  t.is(foreseen?.limit.rateClass, 'browse')
  t.deepEqual([address.left, browse.left], [5, 3])
  t.is(foreseen?.count().remaining, 502)
  t.deepEqual([address.left, browse.left], [4, 2])
})

test('a request that the inner limit refuses counts at the outer one', (t) => {
  const address = lease(120_000, 5)
  const foreseen = foresee(knownAsker(browsing, knowing({ address, browse: lease(60_000, 'refused') })))
  t.true(foreseen?.isRefused)
  t.is(foreseen?.limit.rateClass, 'browse')
  t.is(foreseen?.count().remaining, 0)
  t.is(address.left, 4)
})

test('a request that the outer limit refuses does not count at the inner one', (t) => {
  const browse = lease(60_000, 3)
  const foreseen = foresee(knownAsker(browsing, knowing({ address: lease(120_000, 'refused'), browse })))
  t.is(foreseen?.limit.rateClass, 'address')
  foreseen?.count()
  t.is(browse.left, 3)
})

test('nothing is foreseen where one limit has to ask Redis', (t) => {
  t.is(foresee(knownAsker(browsing, knowing({ address: lease(120_000, 5) }))), undefined)
  const used = knowing({ address: lease(120_000, 5), browse: lease(60_000, 0) })
  t.is(foresee(knownAsker(browsing, used)), undefined)
})

test('what is known of an asker lasts as long as it is true, whoever has forgotten it', async (t) => {
  const browse = new CallerLease({ max: 60_000, windowMs: rateWindowMs })
  const asker = knownAsker(browsing, knowing({ address: lease(120_000, 5), browse }))
  browse.note([0, 0, 60_000, 60_000, 1_000], performance.now())
  t.true(foresee(asker)?.isRefused)
  await until('the next token is due', async () => foresee(asker) === undefined)
  t.pass()
})
