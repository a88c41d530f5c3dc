import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { newId } from '#shared/ids.ts'
import { Link } from '../../infra/system/links.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { type Asked, answersOf, batchesOn, best, take } from '../support/place-request.ts'
import { until } from '../support/until.ts'

/* A worker dies, stands still or loses its connection while it takes places for several buyers. */

const workers = forFile(() => startBookingWorkers())

/** Five buyers, each with a key; the first one wants two seats by their numbers. */
async function fiveWishes(): Promise<{ eventId: string; wishes: readonly Asked[] }> {
  const eventId = await workers.openHouse()
  const selections = [{ seat_nos: [40, 41] }, ...Array.from({ length: 4 }, () => best(2))]
  const wishes = selections.map((selection, index) => {
    return { eventId, userId: `buyer-${index}`, key: newId(), selection }
  })
  return { eventId, wishes }
}

/** A process that has written a batch of these wishes, and has not sent COMMIT. */
async function beforeCommit(t: ExecutionContext, wishes: readonly Asked[]): Promise<ChildProcess> {
  const script = join(import.meta.dirname, '..', 'support', 'batch-process.ts')
  const child = fork(script, [workers.databaseUrl, JSON.stringify(wishes)], { execArgv: [] })
  t.teardown(() => void child.kill('SIGKILL'))
  t.deepEqual(await once(child, 'message'), ['before COMMIT', undefined])
  return child
}

/** Lets a frozen process go on, and answers what its buyers hear. */
async function thaw(child: ChildProcess): Promise<unknown> {
  child.kill('SIGCONT')
  child.send('go on')
  const [answers] = await once(child, 'message')
  return answers
}

const sessionsOf = (name: string) =>
  workers.postgres.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
    [name],
  )
const untilSessionsEnd = (name: string): Promise<void> =>
  until('its sessions end', async () => (await sessionsOf(name)).length === 0)

/** The buyers ask another worker, with the same keys: `held`, `held before`, or the code of the refusal. */
async function askAgain(wishes: readonly Asked[]): Promise<string[]> {
  const batches = batchesOn(workers.postgres)
  const asked = wishes.map((wish) => take(batches, wish))
  const answers = await answersOf(asked)
  const taken = await Promise.allSettled(asked)
  return answers.map((answer, index) => {
    const each = taken[index]
    return each?.status === 'fulfilled' && each.value.isRepetition ? 'held before' : answer
  })
}

/** How many holds there are, how many seats all of them have, and how many of them the world hears of. */
async function heldIn(eventId: string): Promise<{ holds: number; seats: number; told: number } | undefined> {
  const [held] = await workers.postgres.query<{ holds: number; seats: number; told: number }>(
    `SELECT (SELECT count(*)::int FROM booking.holds WHERE event_id = $1) AS holds,
       (SELECT count(DISTINCT seat_no)::int FROM booking.hold_items JOIN booking.event_seats USING (event_id, hold_id, seat_no)
        WHERE event_id = $1) AS seats,
       (SELECT count(*)::int FROM booking.outbox WHERE subject = 'ticketing.fact.hold.' || $1::uuid || '.taken') AS told`,
    [eventId],
  )
  return held
}

const nothing = { holds: 0, seats: 0, told: 0 }
const allOfThem = { holds: 5, seats: 10, told: 5 }
const five = (answer: string): string[] => Array.from({ length: 5 }, () => answer)

test.serial('a worker killed in mid-batch has held nothing, and each buyer who asks again gets seats', async (t) => {
  const { eventId, wishes } = await fiveWishes()
  const child = await beforeCommit(t, wishes)
  child.kill('SIGKILL')
  await untilSessionsEnd('batch')
  t.deepEqual(await heldIn(eventId), nothing)
  t.deepEqual(await askAgain(wishes), five('held'))
  t.deepEqual(await heldIn(eventId), allOfThem)
})

test.serial('a worker frozen in mid-batch stops nobody but the buyers of its seats, and then holds them', async (t) => {
  const { eventId, wishes } = await fiveWishes()
  const child = await beforeCommit(t, wishes)
  child.kill('SIGSTOP')
  const batches = batchesOn(workers.postgres)
  const others = [best(2), { seat_nos: [44] }, { seat_nos: [41] }].map((selection) =>
    take(batches, { eventId, selection }),
  )
  const [answers, again] = await Promise.all([answersOf(others), askAgain(wishes)])
  t.deepEqual(answers, ['held', 'held', 'seat_unavailable'])
  t.deepEqual(again, five('idempotency_key_in_use'))
  t.deepEqual(await thaw(child), five('held'))
  t.deepEqual(await askAgain(wishes), five('held before'))
  t.deepEqual(await heldIn(eventId), { holds: 7, seats: 13, told: 7 })
})

test.serial('a worker frozen until its session is ended says so: what others took meanwhile is theirs', async (t) => {
  const { eventId, wishes } = await fiveWishes()
  const child = await beforeCommit(t, wishes)
  child.kill('SIGSTOP')
  for (const { pid } of await sessionsOf('batch'))
    await workers.postgres.query('SELECT pg_terminate_backend($1)', [pid])
  await untilSessionsEnd('batch')
  const other = take(batchesOn(workers.postgres), { eventId, selection: { seat_nos: [41] } })
  t.deepEqual(await answersOf([other]), ['held'])
  t.deepEqual(await thaw(child), five('unavailable'))
  t.deepEqual(await askAgain(wishes), ['seat_unavailable', 'held', 'held', 'held', 'held'])
  t.deepEqual(await heldIn(eventId), { holds: 5, seats: 9, told: 5 })
})

for (const [when, title, held, again] of [
  ['before', 'before the database hears it: nobody holds anything, and who asks again gets seats', nothing, 'held'],
  ['after', 'before its answer comes: all hold seats, and who asks again learns so', allOfThem, 'held before'],
] as const) {
  test.serial(`a connection cut amid COMMIT, ${title}`, async (t) => {
    const { eventId, wishes } = await fiveWishes()
    const url = new URL(workers.databaseUrl)
    const port = Number(url.port)
    const link = await Link.start({ targetPort: () => port, replies: 'to client' })
    t.teardown(() => link.close())
    url.host = `127.0.0.1:${link.port}`
    const postgres = openPostgres(url.href, { applicationName: 'cut' })
    t.teardown(() => postgres.close())
    link.intercept({ request: /(?<reply>COMMIT)\0/, when, act: () => link.cut() })
    const batches = batchesOn(postgres)
    t.deepEqual(await answersOf(wishes.map((wish) => take(batches, wish))), five('unavailable'))
    await untilSessionsEnd('cut')
    t.deepEqual(await heldIn(eventId), held)
    t.deepEqual(await askAgain(wishes), five(again))
    t.deepEqual(await heldIn(eventId), allOfThem)
  })
}
