import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import { until } from '../support/until.ts'
import { underWay } from './checks/ends.ts'
import { acknowledgedPurchases } from './checks/evidence.ts'
import { finalVerdict, verdictOf } from './history.ts'
import { bodyIfDone, HttpBuyer, type World } from './http-buyer.ts'
import { Random } from './random.ts'

/** Payments ask their provider again about every 3 s, a driver that died is missed as late, ended holds are written down every 5 s. */
const settledWithinMs = 30_000
const restsWithinMs = 10_000
const askAgainTimes = 12
const askAgainMs = 1_000
const atOnce = 16

/** Waits until nothing is under way. Throws when that does not come to be. */
export function waitUntilSettled(db: Database): Promise<void> {
  const isSettled = async () => (await underWay(db)).length === 0
  return until('nothing is under way', isSettled, { timeoutMs: settledWithinMs, everyMs: 50 })
}

/** Waits until no hold lives any more either, which leaves facts. What does not end is found later. */
export async function waitUntilAllEnded(db: Database, stopping: AbortSignal): Promise<void> {
  const isAtRest = async () => {
    const living = await db.query(`SELECT FROM booking.holds WHERE status IN ('active', 'paying') LIMIT 1`)
    return stopping.aborted || (living.length === 0 && (await underWay(db)).length === 0)
  }
  await until('all has ended', isAtRest, { timeoutMs: settledWithinMs, everyMs: 200 }).catch(() => undefined)
}

/** Waits until the auditor judges all money: it leaves out what moved in the last 5 s. */
export async function waitUntilMoneyRests(db: Database): Promise<void> {
  await until(
    'all money has been at rest for long enough',
    async () => {
      const moving = await db.query(
        `SELECT FROM purchase.payments WHERE updated_at >= now() - interval '5 seconds'
         UNION ALL SELECT FROM purchase.refunds WHERE updated_at >= now() - interval '5 seconds'`,
      )
      return moving.length === 0
    },
    { timeoutMs: restsWithinMs, everyMs: 100 },
  ).catch(() => undefined)
}

/** Every buyer who does not know yet how something ended asks again, with the same key and in the same words. */
export async function resolveUnknowns(world: World, stopping: AbortSignal): Promise<number> {
  const { history } = world
  const commands = [...history.purchases(), ...history.cancellations()]
  const open = commands.filter((command) => finalVerdict(command) === 'open')
  await inParallel(open, async ({ userId, key, entries }) => {
    const [first] = entries
    if (first === undefined) return
    const isStranger = first.stranger === true
    const buyer = new HttpBuyer(userId, { random: new Random(key), world, isStranger })
    const { operation, method, path, json = {} } = first
    for (let asked = 0; asked < askAgainTimes && !stopping.aborted; asked += 1) {
      if (verdictOf(await buyer.ask({ operation, method, path, key, json })) !== 'open') return
      await wait(askAgainMs)
    }
  })
  return open.length
}

/** Every buyer with a purchase looks at their bookings; answers what does not agree with what they were told. */
export async function compareWithLists(world: World): Promise<string[]> {
  const wrong: string[] = []
  await inParallel(acknowledgedPurchases(world.history), async ({ userId, eventId, bookingId, tickets, voided }) => {
    const id = publicId({ eventId, ownId: bookingId })
    const buyer = new HttpBuyer(userId, { random: new Random(id), world })
    const list = bodyIfDone(await buyer.askUntilFinal(() => buyer.bookings(), { times: 3 }))
    const seen = list?.items?.find((item) => item.id === id)?.status ?? 'absent'
    const expected = voided === tickets ? 'cancelled' : 'confirmed'
    if (seen !== expected) wrong.push(`${userId} sees booking ${bookingId} ${seen}, not ${expected}`)
  })
  return wrong
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items]
  const workers = Array.from({ length: atOnce }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  })
  await Promise.all(workers)
}
