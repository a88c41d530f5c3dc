import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { metricOf } from '../support/metrics.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const crowd = 400
const mostInFlight = 256

test('while the booking worker is stuck, new holds beyond a limit get 503 at once, and sales go on when it is back', async (t) => {
  const system = await startSystem({ env: { RATE_LIMITS: 'off', SLOW_HOLD_MS: '250' } })
  t.teardown(() => system.stop())
  const { url } = system
  const eventId = await eventOnSale(url, { rows: 20, seatsPerRow: 20 })
  const [worker] = system.processes('booking')
  if (worker === undefined) throw new Error('there is no booking worker')
  const hold = async (buyer: string) => {
    const startedAt = performance.now()
    const answer = await ask(`${url}/events/${eventId}/holds`, {
      json: { best_available: { qty: 1 }, user_id: buyer },
      headers: { 'idempotency-key': buyer },
    })
    return { ...answer, ms: performance.now() - startedAt }
  }

  process.kill(worker.pid, 'SIGSTOP')
  const refused: Awaited<ReturnType<typeof hold>>[] = []
  const isOver = (): boolean => refused.length >= crowd - mostInFlight
  // Until so many were refused: on a busy machine the first may hear that nobody answers before the last have asked.
  const insist = async (buyer: string): Promise<void> => {
    for (let time = 1; !isOver(); time += 1) {
      const answer = await hold(`${buyer}-${time}`)
      if (answer.body.code === 'overloaded') refused.push(answer)
    }
  }
  const watch = async (): Promise<void> => {
    while (!isOver()) t.true((await metricOf(url, 'new_holds_in_flight')) <= mostInFlight)
  }
  const buyers = Array.from({ length: crowd }, (_, i) => insist(`buyer-${i}`))
  await Promise.all([...buyers, watch()]).finally(() => process.kill(worker.pid, 'SIGCONT'))
  for (const { status, headers } of refused) {
    t.is(status, 503)
    t.true(Number(headers.get('retry-after')) >= 1)
  }
  // The others wait for the worker until their deadline.
  t.true(Math.min(...refused.map(({ ms }) => ms)) < holdSeats.deadlineMs)
  t.regex((await ask(`${url}/metrics`)).text, new RegExp(`new_holds_refused_total\\{[^}]*\\} ${refused.length}\n`))

  await until('a new hold is taken', async () => (await hold('late-buyer')).status === 201)
})

test('payments are answered while a crowd asks for new holds', async (t) => {
  const system = await startSystem({ env: { RATE_LIMITS: 'off', MAX_IN_FLIGHT: '4' } })
  t.teardown(() => system.stop())
  const { url } = system
  const eventId = await eventOnSale(url, { rows: 20, seatsPerRow: 20 })
  const buyers = Array.from({ length: 8 }, (_, i) => `buyer-${i}`)
  const held = new Map<string, string>()
  for (const user_id of buyers) {
    const { body } = await ask(`${url}/events/${eventId}/holds`, { json: { best_available: { qty: 1 }, user_id } })
    held.set(user_id, body.id)
  }
  let crowding = true
  let turnedAway = 0
  const crowd = Array.from({ length: 40 }, async (_, i) => {
    for (let n = 0; crowding; n += 1) {
      const json = { best_available: { qty: 1 }, user_id: `crowd-${i}-${n}` }
      if ((await ask(`${url}/events/${eventId}/holds`, { json })).status === 503) turnedAway += 1
    }
  })
  const bought: number[] = []
  for (const [user_id, hold_id] of held) {
    const { status } = await ask(`${url}/purchase`, { json: { hold_id, payment_token: 'tok_ok', user_id } })
    bought.push(status)
  }
  crowding = false
  await Promise.all(crowd)
  t.true(turnedAway > 0)
  t.is(bought.join(), buyers.map(() => 201).join())
})
