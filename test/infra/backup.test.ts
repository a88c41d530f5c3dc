import test from 'ava'
import { readInfraConfig } from '../../infra/config.ts'
import { type AuditReport, audit } from '../../infra/ops/audit/audit.ts'
import type { ProviderCharge } from '../../infra/ops/audit/ledger.ts'
import { countFailures } from '../../infra/ops/audit/report.ts'
import { findBackup } from '../../infra/ops/backup/backups.ts'
import { fromBackup } from '../../infra/ops/backup/bring-back.ts'
import { countFaults, drillLines } from '../../infra/ops/backup/drill-report.ts'
import { startDrillSystem } from '../../infra/ops/backup/drill-system.ts'
import { backUpInto, confirmedIn, drillOf, never, restoreInto, runBackupCommand } from '../support/backups.ts'
import { startContinuousSale } from '../support/continuous-sale.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { readLedger } from '../support/ledger.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { eventWithRoom, setRoom } from '../support/room-buyers.ts'
import { createTestDirectory } from '../support/servers.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const patienceMs = 180_000

let eventId: string

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off' } }))

test.before(async () => {
  eventId = await eventOnSale(system.url, { rows: 40, seatsPerRow: 50 })
})

/** Backs up until tickets were sold during one. Answers the bookings that buyers knew of when that began, the newest there. */
async function backUpAmidSale(directory: string): Promise<string[]> {
  const sale = startContinuousSale(system.url, { eventId })
  try {
    await until('tickets are sold', () => sale.acknowledged.length >= 10, { timeoutMs: 60_000 })
    for (;;) {
      const before = [...sale.acknowledged]
      await backUpInto({ databaseUrl: system.databaseUrl, directory })
      if (sale.acknowledged.length > before.length) return before
    }
  } finally {
    await sale.stop()
  }
}

test.serial('a backup made while tickets are sold holds every booking that was acknowledged before', async (t) => {
  t.timeout(patienceMs)
  const directory = await createTestDirectory('backups')
  const before = await backUpAmidSale(directory)
  const restored = await createTestDatabase({ empty: true })
  t.deepEqual(await restoreInto(restored.url, await findBackup(directory)), [])
  t.true(new Set(before).isSubsetOf(await confirmedIn(restored.url)))
  await restored.drop()
})

test.serial('the drill of a backup made amid a sale, with a waiting room on, ends without a fault', async (t) => {
  t.timeout(patienceMs)
  const inRoom = await eventWithRoom(system.url)
  t.teardown(() => setRoom(system.url, inRoom, { state: 'off' }))
  const directory = await createTestDirectory('backups')
  await backUpAmidSale(directory)
  // Servers there must never hear of a drill.
  const env = {
    NATS_URL: 'nats://127.0.0.1:9',
    REDIS_URL: 'redis://127.0.0.1:9',
    DATABASE_URL: 'postgres://127.0.0.1:9/x',
  }
  const drilled = await runBackupCommand({
    args: ['drill', '--from', directory],
    env,
    timeoutMs: 120_000,
  })
  t.is(drilled.code, 0, drilled.output)
  t.regex(drilled.output, /^checked: (\d+) of \1 in/m)
  t.regex(drilled.output, /^violations: 0$/m)
  t.regex(drilled.output, /^recovery point: .* before this drill$/m)
  t.regex(drilled.output, /^recovery time: .*restore \d/m)
  t.regex(drilled.output, /^faults: 0\s*$/m)
})

test.serial('a double sale in a backup makes its drill fail', async (t) => {
  t.timeout(patienceMs)
  const [spoilt, directory] = [await createTestDatabase({ empty: true }), await createTestDirectory('backups')]
  const sound = await backUpInto({ databaseUrl: system.databaseUrl, directory })
  await restoreInto(spoilt.url, sound.directory)
  const db = openPostgres(spoilt.url)
  await db.query('DROP INDEX booking.seat_sold_once')
  const doubled = await db.query(
    `INSERT INTO booking.booking_items
     SELECT double.* FROM (SELECT * FROM booking.booking_items WHERE live LIMIT 1) AS item
     JOIN booking.bookings AS other ON other.event_id = item.event_id AND other.id <> item.booking_id
     CROSS JOIN LATERAL jsonb_populate_record(NULL::booking.booking_items,
       to_jsonb(item) || jsonb_build_object('booking_id', other.id, 'id', gen_random_uuid())) AS double
     WHERE other.status = 'confirmed' LIMIT 1 RETURNING seat_no`,
  )
  t.is(doubled.length, 1)
  await db.close()
  const backup = await backUpInto({ databaseUrl: spoilt.url, directory: await createTestDirectory('backups') })
  const report = await drillOf(fromBackup(backup.directory), { settleWithinMs: 0 })
  t.true(countFaults(report) > 0)
  t.regex(drillLines(report).join('\n'), /^FAIL I1 +1 /m)
  await spoilt.drop()
})

interface Buyer {
  readonly key: string
  readonly seatNo: number
}

function buy(url: string, { key, seatNo }: Buyer): Promise<Answer> {
  return ask(`${url}/purchase`, {
    headers: { 'idempotency-key': key },
    json: { event_id: eventId, seat_nos: [seatNo], payment_token: 'tok_ok', user_id: key },
  })
}

/** What the provider knows and the books of a restored system do not, as the auditor names it. */
function unknownIn({ results }: AuditReport): readonly string[] {
  return results.find(({ invariant }) => invariant === 'I8')?.examples.toSorted() ?? []
}

/** Gives the restored database the provider's present ledger: a real provider's does not go back with ours. */
async function bringLedgerUpToDate(databaseUrl: string): Promise<void> {
  const [live, restored] = [openPostgres(system.databaseUrl), openPostgres(databaseUrl)]
  const [charges] = await live.query<{ json: string }>(
    'SELECT json_agg(charge)::text AS json FROM sandbox.charges AS charge',
  )
  await restored.query(
    `INSERT INTO sandbox.charges SELECT * FROM json_populate_recordset(NULL::sandbox.charges, $1)
     ON CONFLICT (id) DO NOTHING`,
    [charges?.json],
  )
  await Promise.all([live.close(), restored.close()])
}

async function payBack(paymentUrl: string, { idempotency_key: key, amount_minor }: ProviderCharge): Promise<number> {
  const headers = { 'idempotency-key': `lost-${key}` }
  return (await ask(`${paymentUrl}/charges/${key}/refunds`, { headers, json: { amount_minor } })).status
}

test.serial(
  'after a restore every charge made since is named, and is bought again by its buyer or paid back',
  async (t) => {
    t.timeout(patienceMs)
    eventId = await eventOnSale(system.url)
    const buyers = ['ada', 'bea', 'cat', 'dan'].map((key, seatNo) => ({ key, seatNo }))
    const [early, ...late] = buyers as [Buyer, Buyer, Buyer, Buyer]
    t.is((await buy(system.url, early)).status, 201)
    const known = new Set((await readLedger(system.paymentUrl)).map(({ id }) => id))
    const backup = await backUpInto({
      databaseUrl: system.databaseUrl,
      directory: await createTestDirectory('backups'),
    })
    for (const buyer of late) t.is((await buy(system.url, buyer)).status, 201)
    const since = (await readLedger(system.paymentUrl)).filter(({ id }) => !known.has(id))
    t.is(since.length, 3)

    const restored = await createTestDatabase({ empty: true })
    await restoreInto(restored.url, backup.directory)
    await bringLedgerUpToDate(restored.url)
    const reopened = await startDrillSystem({
      config: readInfraConfig(),
      directory: await createTestDirectory('reopened'),
      databaseUrl: restored.url,
      say: () => undefined,
      stopping: never,
      hurry: never,
    })
    t.teardown(async () => {
      await reopened.stop()
      await restored.drop()
    })
    const { url: gateway, paymentUrl } = reopened
    const books = { databaseUrl: restored.url, paymentUrl }
    t.deepEqual(unknownIn(await audit(books)), since.map(complaint).sort())
    const listed = await runBackupCommand({
      args: ['unknown-charges'],
      env: { DATABASE_URL: restored.url, PAYMENT_URL: paymentUrl },
    })
    t.is(listed.code, 1)
    const lines = since.map(({ id, idempotency_key }) => `captured\t5000\tEUR\t${idempotency_key}\t${id}\n`)
    t.is(listed.output, `${lines.join('')}unknown charges: 3\n`)

    // The buyer's own repetition, under the key of the lost purchase: the same seat, the same charge.
    const again = await buy(gateway, late[0])
    t.is(again.status, 201, again.text)
    const ledger = await readLedger(paymentUrl)
    t.is(ledger.length, known.size + since.length)
    const [first, ...others] = since
    t.deepEqual(unknownIn(await audit(books)), others.map(complaint).sort(), first?.id)
    for (const charge of others) t.is(await payBack(paymentUrl, charge), 201)
    await until('nothing is violated', async () => countFailures(await audit(books)) === 0, { timeoutMs: 30_000 })
  },
)

function complaint({ id }: ProviderCharge): string {
  return `charge ${id} is captured for no payment of ours`
}
