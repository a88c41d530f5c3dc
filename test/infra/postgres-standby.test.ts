import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import type { Postgres } from '#shared/database/postgres.ts'
import { PostgresPair } from '../../infra/system/clusters/postgres-standby.ts'
import { Link } from '../../infra/system/links.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

let directory: string
let pair: PostgresPair
let link: Link
let postgres: Postgres

test.before(async () => {
  directory = await createTestDirectory('postgres-standby')
  pair = await PostgresPair.start({ dataDirectory: directory, durable: true })
  link = await Link.start({ targetPort: () => pair.primary.port, replies: 'to client' })
  const url = new URL(pair.primary.url)
  url.port = String(link.port)
  postgres = openPostgres(url.href, { maxConnections: 8 })
  await postgres.query('CREATE TABLE kept (number int PRIMARY KEY)')
})

test.after.always(async () => {
  await postgres?.close()
  await link?.close()
  await pair?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Commits rows as fast as it can, until told to stop; answers the numbers whose commit was acknowledged. */
function commitUntil(stopped: AbortSignal, from: number): Promise<number[]> {
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
  return Promise.all(Array.from({ length: 4 }, writer)).then(() => acknowledged)
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
      const writing = commitUntil(stop.signal, highest + 1)
      await wait(200)
      const old = pair.primary
      await old.kill()
      const killedAt = performance.now()
      await pair.promote()
      await until('it takes writes', () =>
        postgres.query('CREATE TEMPORARY TABLE IF NOT EXISTS proof ()').then(
          () => true,
          () => false,
        ),
      )
      t.log(`writes again ${Math.round(performance.now() - killedAt)} ms after the death`)
      await wait(200)
      stop.abort()
      const acknowledged = await writing
      t.true(acknowledged.length > 0)
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
