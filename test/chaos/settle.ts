import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import { until } from '../support/until.ts'
import { acknowledgedPurchases } from './checks/evidence.ts'
import { finalVerdict, verdictOf } from './history.ts'
import { bodyIfDone, HttpBuyer, type World } from './http-buyer.ts'
import { Random } from './random.ts'
import { countUnderWay } from './under-way.ts'

/** Payments ask their provider again about every 3 s, and ended holds are written down every 5 s. */
const settledWithinMs = 30_000
const restsWithinMs = 10_000
const askAgainTimes = 12
const askAgainMs = 1_000
const atOnce = 16

/** Waits until nothing is under way: payments are at their end and holds too. Answers whether that came to be. */
export async function waitUntilSettled(db: Database, stopping: AbortSignal): Promise<boolean> {
  const giveUpAt = performance.now() + settledWithinMs
  while (performance.now() < giveUpAt && !stopping.aborted) {
    if ((await countLiveHolds(db)) + (await countUnderWay(db)) === 0) return true
    await wait(200)
  }
  return false
}

/** Counted first: a hold that ends meanwhile leaves a fact that is under way. */
async function countLiveHolds(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM booking.holds WHERE status IN ('active', 'paying')`,
  )
  return row?.count ?? 0
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
