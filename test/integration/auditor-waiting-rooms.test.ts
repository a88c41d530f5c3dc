import test, { type ExecutionContext } from 'ava'
import { newId } from '#shared/ids.ts'
import { roomKey } from '#shared/room-keys.ts'
import { audit } from '../../infra/ops/audit/audit.ts'
import { pay } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { openRedis } from '../support/open-redis.ts'
import { eventWithRoom, hold, passOf } from '../support/room-buyers.ts'
import { startSystem } from '../support/system.ts'

/* What the auditor finds wrong with waiting rooms and the facts of their seats, each planted. */

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off' } }))
const db = forFile(async () => openPostgres(system.databaseUrl))

/** Violations by invariant, without those that are 0; `?` where one could not be checked. */
async function violated({ withRedis = true } = {}): Promise<Record<string, number | '?'>> {
  // With patience: a busy machine is not what is audited.
  const redis = withRedis ? openRedis(system.redis.url) : null
  const { results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl: system.paymentUrl, redis })
  redis?.disconnect()
  const found: Record<string, number | '?'> = {}
  for (const { invariant, violations, checked } of results) {
    if (!['I14', 'I15', 'I16', 'I19'].includes(invariant)) continue
    if (!checked) found[invariant] = '?'
    else if (violations > 0) found[invariant] = violations
  }
  return found
}

/** An event with a room in which somebody held, gave nothing back, and bought. The room is off after the test. */
async function eventInSale(t: ExecutionContext): Promise<string> {
  const eventId = await eventWithRoom(system.url)
  const pass = await passOf(system.url, eventId, 'ann')
  const held = await hold(system.url, eventId, 'ann', pass)
  const paid = await pay(system.url, held.body.id, 'ann')
  if (paid.status !== 201) throw new Error(paid.text)
  t.teardown(() => switchOff(eventId))
  // Beyond the time in which a change of the sale may take.
  const past = `changed_at - interval '1 minute'`
  await db.query(`UPDATE booking.sales SET changed_at = ${past} WHERE event_id = $1`, [eventId])
  return eventId
}

/** Writes an admission as the scripts do. */
async function admit(eventId: string, fields: Record<string, number>): Promise<void> {
  const redis = openRedis(system.redis.url)
  const entry = { number: 1, at: Date.now(), serving: 1, active: 1, max_active: 100, per_minute: 6_000, ...fields }
  await redis.xadd(roomKey(eventId, 'journal'), '*', ...Object.entries(entry).flat())
  redis.disconnect()
}

const switchOff = (eventId: string) =>
  db.query(`UPDATE event.waiting_rooms SET state = 'off' WHERE event_id = $1`, [eventId])

test.serial('a waiting room in use violates nothing', async (t) => {
  const eventId = await eventInSale(t)
  t.deepEqual(await violated(), {})
  t.deepEqual(await violated({ withRedis: false }), { I15: '?', I16: '?' })
  await switchOff(eventId)
  t.deepEqual(await violated({ withRedis: false }), {})
})

test.serial('a hold without a pass is found while the room is on', async (t) => {
  const eventId = await eventInSale(t)
  await db.query('UPDATE booking.holds SET pass_id = NULL WHERE event_id = $1', [eventId])
  t.deepEqual(await violated(), { I14: 1 })
  await db.query('UPDATE booking.sales SET needs_pass = false WHERE event_id = $1', [eventId])
  t.deepEqual(await violated(), {})
})

test.serial('a pass that two buyers used, or one too often, is found', async (t) => {
  const eventId = await eventInSale(t)
  const copy = (userId: string, passId: string) =>
    db.query(
      `INSERT INTO booking.holds (event_id, id, user_id, pass_id, status, ended_at, active_until, expires_at, hard_cap_at)
       SELECT event_id, $3, $2, $4, 'released', now(), active_until, expires_at, hard_cap_at FROM booking.holds
       WHERE event_id = $1 AND status = 'converted'`,
      [eventId, userId, newId(), passId],
    )
  const [row] = await db.query<{ pass_id: string }>('SELECT pass_id FROM booking.holds WHERE event_id = $1', [eventId])
  await copy('bob', row?.pass_id ?? '')
  t.deepEqual(await violated(), { I14: 1 })
  const often = newId()
  for (let count = 0; count < 3; count += 1) await copy('cat', often)
  t.deepEqual(await violated(), { I14: 1 })
  await copy('cat', often)
  t.deepEqual(await violated(), { I14: 2 })
  await db.query(`DELETE FROM booking.holds WHERE event_id = $1 AND status = 'released'`, [eventId])
  t.deepEqual(await violated(), {})
})

test.serial('admissions beyond the limits of a room are found', async (t) => {
  const eventId = await eventInSale(t)
  await admit(eventId, { number: 2, serving: 2, active: 101 })
  t.deepEqual(await violated(), { I15: 1 })
})

test.serial('an admission before its call, and one that comes twice, are found', async (t) => {
  const eventId = await eventInSale(t)
  await admit(eventId, { number: 5, serving: 4 })
  await admit(eventId, { number: 5, serving: 5 })
  t.deepEqual(await violated(), { I16: 2 })
})

test.serial('a seat that changed without a fact is found', async (t) => {
  const eventId = await eventInSale(t)
  const sql = `UPDATE booking.event_seats SET version = version + $2 WHERE event_id = $1 AND state = 'sold'`
  const change = (by: number) => db.query(sql, [eventId, by])
  await change(1)
  t.deepEqual(await violated(), { I19: 1 })
  await change(-1)
  t.deepEqual(await violated(), {})
})

test.serial('the journal of a waiting room is read until a week after its event', async (t) => {
  const eventId = await eventInSale(t)
  await admit(eventId, { number: 2, serving: 2, active: 101 })
  const takesPlace = (daysAgo: number) =>
    db.query('UPDATE event.events SET starts_on = current_date - $2::int, starts_at = NULL WHERE id = $1', [
      eventId,
      daysAgo,
    ])
  await takesPlace(6)
  t.deepEqual(await violated(), { I15: 1 })
  await takesPlace(10)
  t.deepEqual(await violated(), {})
  t.deepEqual(await violated({ withRedis: false }), {})
})
