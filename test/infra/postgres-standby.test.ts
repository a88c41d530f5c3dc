import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { PostgresPair } from '../../infra/system/clusters/postgres-standby.ts'
import { Link } from '../../infra/system/links.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const pair = forFile(async () =>
  PostgresPair.start({ dataDirectory: await createTestDirectory('postgres-standby'), durable: true }),
)
const link = forFile(() => Link.start({ targetPort: () => pair.primary.port, replies: 'to client' }))
const postgres = forFile(async () => {
  const url = new URL(pair.primary.url)
  url.port = String(link.port)
  return openPostgres(url.href, { maxConnections: 8 })
})

const patience = { timeoutMs: 30_000 }

test.before(() => postgres.query('CREATE TABLE kept (number int PRIMARY KEY)'))

/** Commits rows as fast as it can, until told to stop; `acknowledged`: the numbers whose commit was. */
function commitUntil(stopped: AbortSignal, from: number): { acknowledged: readonly number[]; ended: Promise<unknown> } {
  const acknowledged: number[] = []
  let next = from
  const writer = async (): Promise<void> => {
    while (!stopped.aborted) {
      const number = next++
      await postgres.query('INSERT INTO kept VALUES ($1)', [number]).then(
        () => acknowledged.push(number),
        () => wait(10),
      )
    }
  }
  return { acknowledged, ended: Promise.all(Array.from({ length: 4 }, writer)) }
}

test.serial('a commit is acknowledged when the standby has it, and not before', async (t) => {
  const standby = pair.standby
  if (standby === undefined) return t.fail('there is no standby')
  await standby.freeze()
  let acknowledged = false
  const committing = postgres.query('INSERT INTO kept VALUES (-1)').then(() => (acknowledged = true))
  await wait(300)
  t.false(acknowledged)
  await standby.resume()
  await committing
  t.true(acknowledged)
})

for (const time of ['once', 'again, on the standby that was made anew']) {
  test.serial(
    `the primary dies amid commits and the standby takes over: nothing acknowledged is lost, ${time}`,
    async (t) => {
      const [{ highest } = { highest: 0 }] = await postgres.query<{ highest: number }>(
        'SELECT coalesce(max(number), 0) AS highest FROM kept',
      )
      const stop = new AbortController()
      const { acknowledged, ended } = commitUntil(stop.signal, highest + 1)
      await until('some rows are committed', () => acknowledged.length > 20, patience)
      const old = pair.primary
      await old.kill()
      const killedAt = performance.now()
      await pair.promote()
      const takesWrites = () =>
        postgres.query('CREATE TEMPORARY TABLE IF NOT EXISTS proof ()').then(
          () => true,
          () => false,
        )
      await until('it takes writes', takesWrites, patience)
      t.log(`writes again ${Math.round(performance.now() - killedAt)} ms after the death`)
      const before = acknowledged.length
      await until('more rows are committed', () => acknowledged.length > before + 20, patience)
      stop.abort()
      await ended
      t.not(pair.primary, old)
      const rows = await postgres.query<{ number: number }>('SELECT number FROM kept')
      const kept = new Set(rows.map(({ number }) => number))
      t.deepEqual(
        acknowledged.filter((number) => !kept.has(number)),
        [],
      )
      await pair.addStandby()
      t.is(pair.standby?.name, old.name)
    },
  )
}
