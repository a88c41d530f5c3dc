import test from 'ava'
import { Cluster, type Redis } from 'ioredis'
import { type Hold, holdSeats } from '#shared/contracts/holds.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { type BookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { openRedis } from '../support/open-redis.ts'
import { assertRefused, outcomeOf, refusalOf } from '../support/refusals.ts'
import { startTestRedis } from '../support/servers.ts'
import { until } from '../support/until.ts'

const server = forFile(() => startTestRedis())
const workers = forFile(() => startBookingWorkers({ instances: 2, env: { REDIS_URL: server.url }, isImpatient: false }))
let redis: Redis | Cluster
forFile(async () => {
  redis = openRedis(server.url)
  return { stop: () => redis.disconnect() }
})

const lockOf = (eventId: string, seatNo: number): string => `seat-lock:{${eventId}}:${seatNo}`

/** The default of `HOLD_TTL_MS`. */
const holdMs = 600_000

/** What buyers hear who get in each other's way. */
async function answersToRivals(workers: BookingWorkers): Promise<unknown[]> {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 6 })
  const first = await workers.hold(eventId, [2, 3], 'first')
  const said = async (seatNos: number[], as: string): Promise<unknown> => {
    const { code, extra } = await refusalOf(workers.hold(eventId, seatNos, as))
    return { code, ...extra, hold_id: extra.hold_id === first.id }
  }
  const refusals = [
    await said([1, 2], 'second'),
    await said([2, 3], 'second'),
    await said([3, 500], 'second'),
    await said([2], 'first'),
  ]
  await workers.setSale(eventId, { status: 'paused' })
  // What losers hear of a sale may be a second old.
  await until('the pause is known', async () => JSON.stringify(await said([2], 'third')).includes('sale_paused'))
  await workers.setSale(eventId)
  await workers.release(first)
  const isHeld = async () => (await outcomeOf(workers.hold(eventId, [2, 3], 'second'))) === 'done'
  await until('the seats are free again', isHeld)
  return refusals
}

test('losers hear with locks what they hear without them', async (t) => {
  const without = await startBookingWorkers({ isImpatient: false })
  t.teardown(() => without.stop())
  const answers = await answersToRivals(workers)
  t.deepEqual(answers, await answersToRivals(without))
  t.like(answers[0], { code: 'seat_unavailable', conflicts: [2] })
})

test('a buyer who wants a seat that another is just taking is refused without a look at the seat', async (t) => {
  const eventId = await workers.openHouse({ rows: 50 })
  let first = 0
  let refusal: TicketingError | undefined
  // When Redis does not answer in time, everybody is let through: not a fault, but not what is shown here.
  await until('a seat lock stops somebody', async () => {
    first += 10
    await redis.set(lockOf(eventId, first + 1), `${newId()} somebody`, 'PX', holdMs)
    const answer = await workers.hold(eventId, [first, first + 1], `slower-${first}`).catch((error) => error)
    if (answer instanceof TicketingError) refusal = answer
    return refusal !== undefined
  })
  t.is(refusal?.code, 'seat_unavailable')
  t.deepEqual(refusal?.extra.conflicts, [first + 1])
  t.is(await redis.exists(lockOf(eventId, first)), 0)
  t.is((await workers.hold(eventId, [first], `slower-${first}`)).status, 'active')
})

test('a lock that was left behind keeps nobody from a free seat', async (t) => {
  const eventId = await workers.openHouse()
  // Made five seconds ago, by the time it still has.
  await redis.set(lockOf(eventId, 7), `${newId()} somebody`, 'PX', holdMs - 5_000)
  t.is((await workers.hold(eventId, [7])).status, 'active')
})

test('a seat stays locked as long as its hold lasts, and is unlocked when the hold is released', async (t) => {
  const eventId = await workers.openHouse({ rows: 50 })
  let seatNo = 0
  let held: Hold | undefined
  // When Redis does not answer in time, a hold does without: not a fault, but not what is shown here.
  await until('a seat is locked', async () => {
    seatNo += 1
    held = await workers.hold(eventId, [seatNo])
    return (await redis.exists(lockOf(eventId, seatNo))) === 1
  })
  if (held === undefined) return t.fail()
  t.true((await redis.pttl(lockOf(eventId, seatNo))) > held.expires_in_ms / 2)
  t.true((await redis.get(lockOf(eventId, seatNo)))?.startsWith(parsePublicId(held.id)?.ownId ?? '?'))
  await workers.release(held)
  await until('the lock is gone', async () => (await redis.exists(lockOf(eventId, seatNo))) === 0)
})

test('a repetition with the same key gets its own hold again, although its seats are locked', async (t) => {
  const eventId = await workers.openHouse()
  const request = { event_id: eventId, seat_nos: [4, 5] }
  const options = { as: 'buyer', idempotencyKey: 'once' }
  const hold = await workers.ask(holdSeats, request, options)
  t.deepEqual(await workers.ask(holdSeats, request, options), hold)
})

test('a refusal leaves no lock', async (t) => {
  const eventId = await workers.openHouse()
  await workers.hold(eventId, [0], 'greedy')
  await assertRefused(t, workers.hold(eventId, [1, 2], 'greedy'), 'hold_exists')
  await until('no lock is left', async () => (await redis.exists(lockOf(eventId, 1), lockOf(eventId, 2))) === 0)
})

/** How often locks were asked for, kept or given back, by anybody. */
async function lockScriptsRun(): Promise<number> {
  const servers = redis instanceof Cluster ? redis.nodes('master') : [redis]
  const infos = await Promise.all(servers.map((server) => server.info('commandstats')))
  return infos.reduce((sum, info) => sum + Number(/cmdstat_evalsha:calls=(\d+)/.exec(info)?.[1] ?? 0), 0)
}

test.serial('a hold of named seats asks Redis once', async (t) => {
  const eventId = await workers.openHouse({ rows: 50 })
  let seatNo = 0
  let asked = 0
  await until('Redis answers in time', async () => {
    const before = await lockScriptsRun()
    await workers.hold(eventId, [seatNo])
    seatNo += 1
    asked = (await lockScriptsRun()) - before
    return asked > 0
  })
  t.is(asked, 1)
})

test.serial('who wants more seats than one may have, lacks a pass or comes too early locks none of them', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
  const before = await lockScriptsRun()
  await assertRefused(t, workers.hold(eventId, [1, 2, 3]), 'ticket_limit')
  t.is(await lockScriptsRun(), before)
  const refusesWithoutLock = (code: string): Promise<void> =>
    // What is known of a sale may be a second old.
    until(`the filter knows of ${code}`, async () => {
      const asked = await lockScriptsRun()
      await assertRefused(t, workers.hold(eventId, [1, 2]), code)
      return (await lockScriptsRun()) === asked
    })
  await workers.setSale(eventId, { needs_pass: true })
  await refusesWithoutLock('pass_required')
  await workers.setSale(eventId, { on_sale_at: new Date(Date.now() + 60_000).toISOString() })
  await refusesWithoutLock('sale_not_open')
})
