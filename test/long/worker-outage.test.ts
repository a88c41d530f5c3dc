import test from 'ava'
import { Bus } from '#shared/messaging/bus.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const atOnce = 20
/** A read has a second: more of them would keep each other waiting on a busy machine. */
const readsAtOnce = 4

/** Two of each worker that the tests take one away from. */

const pairs = forFile(() => startSystem({ counts: { event: 2, booking: 2 }, env: { RATE_LIMITS: 'off' } }))

test.serial('one of two workers killed: from 100 ms later no request fails; a new one takes its share', async (t) => {
  const { url } = pairs
  t.is((await ask(`${url}/events`)).status, 200)
  const [victim] = pairs.processes('event')
  await victim?.kill()
  await new Promise((resolve) => setTimeout(resolve, 100))
  // Every one with other parameters, so that none is answered from the cache.
  const statuses = await inBatches(500, readsAtOnce, (i) =>
    ask(`${url}/events/search?keyword=word${i}`).then(({ status }) => status),
  )
  t.is(statuses.filter((status) => status !== 200).length, 0)

  const { instance } = await pairs.start('event')
  let answered = 0
  let round = 0
  // A gateway that avoids the queue group after a slow answer knows a new instance only two seconds later.
  const isShared = async (): Promise<boolean> => {
    round += 1
    await inBatches(200, atOnce, (i) => ask(`${url}/events/search?keyword=round${round}of${i}`))
    const before = answered
    answered = (await searchesByInstance(pairs.natsUrls.operator, 2))[instance] ?? 0
    return answered - before >= 20
  }
  await until('the new worker answers a tenth of 200 searches', isShared, { timeoutMs: 50_000 })
  t.pass()
})

test.serial('one of two workers frozen: no read fails', async (t) => {
  const { url } = pairs
  const victim = pairs.processes('event').at(-1)
  if (!victim) throw new Error('there is no event worker')
  process.kill(victim.pid, 'SIGSTOP')
  try {
    const statuses = await inBatches(200, readsAtOnce, (i) =>
      ask(`${url}/events/search?keyword=frozen${i}`).then(({ status }) => status),
    )
    t.is(statuses.filter((status) => status !== 200).length, 0)
  } finally {
    process.kill(victim.pid, 'SIGCONT')
  }
})

test.serial('a worker told to stop answers what it has begun, and the other takes the rest', async (t) => {
  const { url } = pairs
  const eventId = await eventOnSale(url, { rows: 20, seatsPerRow: 20 })
  const [leaving] = pairs.processes('booking')
  let left: Promise<number | null> | undefined
  const outcomes = await inBatches(300, atOnce, async (i) => {
    if (i === 100) left = leaving?.stop()
    const { status, text } = await ask(`${url}/events/${eventId}/holds`, { json: { seat_nos: [i], user_id: `u${i}` } })
    return status === 201 ? 'held' : text
  })
  t.deepEqual(new Set(outcomes), new Set(['held']))
  t.is(await left, 0)
})

test.serial('a gateway told to stop under load answers every request in flight', async (t) => {
  const { url } = pairs
  const eventId = await eventOnSale(url, { rows: 10, seatsPerRow: 20 })
  const inFlight = Array.from({ length: 60 }, (_, i) =>
    ask(`${url}/purchase`, {
      json: { event_id: eventId, seat_nos: [i], payment_token: 'tok_ok', user_id: `buyer-${i}` },
    }).catch((error: Error) => ({ status: 0, text: String(error.cause ?? error) })),
  )
  await until('a purchase is under way', async () => {
    const { body } = await ask(`${url}/events/${eventId}/seats`)
    return body.held + body.sold > 0
  })
  const exitCode = pairs.gateways[0]?.stop()
  const answers = await Promise.all(inFlight)
  // A busy machine may be too slow for a purchase's time: then it is answered by 202.
  for (const { status, text } of answers) t.true(status === 201 || status === 202, text)
  t.is(await exitCode, 0)
})

test.serial('routes of an absent kind of worker answer 503 in under 50 ms, and the others go on', async (t) => {
  await Promise.all(
    (['booking', 'purchase'] as const).flatMap((kind) => pairs.processes(kind)).map((each) => each.stop()),
  )
  const { url } = await pairs.start('gateway')
  // Until one is so quick: what the machine does beside the test is not the gateway's time.
  let quickestMs = Number.POSITIVE_INFINITY
  for (let i = 0; i < 50 && quickestMs >= 50; i++) {
    const startedAt = performance.now()
    const refused = await ask(`${url}/bookings?user_id=${i}`)
    quickestMs = Math.min(quickestMs, performance.now() - startedAt)
    t.is(refused.status, 503)
    t.is(refused.body.code, 'no_worker')
    t.is(refused.headers.get('retry-after'), '1')
  }
  t.true(quickestMs < 50, `${quickestMs} ms`)
  t.is((await ask(`${url}/purchase`, { method: 'POST' })).body.code, 'no_worker')
  t.is((await ask(`${url}/events`)).status, 200)
})

/** Runs `work(0…count-1)`, so many at a time, and answers all results. */
async function inBatches<Result>(count: number, size: number, work: (i: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < count; start += size) {
    const batch = Array.from({ length: Math.min(size, count - start) }, (_, i) => work(start + i))
    results.push(...(await Promise.all(batch)))
  }
  return results
}

/** How many searches each of so many event workers answered, as `$SRV.STATS` tells it. */
async function searchesByInstance(url: string, workers: number): Promise<Record<string, number>> {
  const bus = await Bus.connect({ url, name: 'test', timeoutMs: 5_000 })
  const shares: Record<string, number> = {}
  for await (const { metadata, endpoints = [] } of await bus.services(5_000).stats('event')) {
    // As one of its queue group, or directly.
    const searches = endpoints.filter(({ name }) => name.startsWith('search-events'))
    shares[metadata?.instance ?? ''] = searches.reduce((sum, { num_requests }) => sum + num_requests, 0)
    if (Object.keys(shares).length === workers) break
  }
  await bus.close()
  return shares
}
