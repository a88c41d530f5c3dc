import { randomUUID } from 'node:crypto'
import test from 'ava'
import { bookingOf } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, atDoor, eventOnSale } from '../support/http.ts'
import { untilLocksAreAwaited } from '../support/locks.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 }, env: { RATE_LIMITS: 'off' } }))
const db = forFile(async () => openPostgres(system.databaseUrl))

interface Scan {
  readonly scan_id: string
  readonly code: string
  readonly scanned_at: string
}

const batchSize = 8

test('no scan is lost and no ticket enters twice while two gates send what they scanned offline and workers are killed', async (t) => {
  const eventId = await eventOnSale(system.url)
  for (const buyer of ['ada', 'bob']) await bookingOf(system.url, eventId, { best_available: { qty: 10 } }, buyer)
  const { items } = (await ask(`${system.url}/check-in/${eventId}/manifest`, { headers: atDoor })).body
  const numbers: string[] = items.map(({ number }: { number: string }) => number)
  const scanOf = (code: string): Scan => ({ scan_id: randomUUID(), code, scanned_at: new Date().toISOString() })
  const gates = [
    { gate: 'North', url: system.gateways[0]?.url, queue: numbers.map(scanOf) },
    { gate: 'South', url: system.gateways[1]?.url, queue: numbers.toReversed().map(scanOf) },
  ]
  /** Sends a batch until it is answered. */
  const send = async ({ gate, url }: (typeof gates)[number], scans: Scan[]): Promise<Answer['body'][]> => {
    let answer: Answer | undefined
    await until(
      'the batch is answered',
      async () => {
        answer = await ask(`${url}/check-in/${eventId}/scans`, { json: { gate, scans }, headers: atDoor })
        return answer.status === 200
      },
      { timeoutMs: 30_000, everyMs: 200 },
    )
    return answer?.body.items
  }
  const outcomesOf = new Map(numbers.map((number): [string, string[]] => [number, []]))
  const first: Answer['body'][] = []
  for (let at = 0; at < numbers.length; at += batchSize) {
    const { sending } = await db.transaction(async (own) => {
      await own.query('SELECT FROM booking.tickets WHERE event_id = $1 FOR UPDATE', [eventId])
      const sending = gates.map((gate) => send(gate, gate.queue.slice(at, at + batchSize)))
      await untilLocksAreAwaited(db, own, { part: 'booking.tickets' })
      await Promise.all(system.processes('booking').map((worker) => worker.kill()))
      return { sending }
    })
    await system.start('booking')
    first.push(...(await Promise.all(sending)).flat())
  }
  for (const { outcome, ticket } of first) outcomesOf.get(ticket.number)?.push(outcome)
  for (const [number, outcomes] of outcomesOf) t.deepEqual(outcomes.sort(), ['admitted', 'already_admitted'], number)
  const stored = await db.query('SELECT FROM booking.check_ins WHERE event_id = $1', [eventId])
  t.is(stored.length, 2 * numbers.length)
  const known = new Map(first.map((item) => [item.scan_id, item]))
  for (const gate of gates) for (const item of await send(gate, gate.queue)) t.deepEqual(item, known.get(item.scan_id))
})
