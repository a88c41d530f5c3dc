import test from 'ava'
import { Bus } from '#shared/messaging/bus.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { allowCancelling } from '../support/allow-cancelling.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { codesOf, SeatStreamClient } from '../support/seat-stream-client.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const seatCount = 200
const cuts = 200

test('after 200 cuts over two gateways, while buyers hold, swap, buy, cancel and let run out, no client shows a wrong seat', async (t) => {
  t.timeout(180_000, 'two hundred cuts take their time')
  const system = await startSystem({ counts: { gateway: 2 }, env: { RATE_LIMITS: 'off', HOLD_TTL_MS: '1500' } })
  t.teardown(() => system.stop())
  const eventId = await eventOnSale(system.url, { rows: 10, seatsPerRow: 20, inDays: 30 })
  const operator = await Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 })
  t.teardown(() => operator.close())
  await allowCancelling(operator, eventId)
  const random = randomNumbers(42)
  const below = (limit: number): number => Math.floor(random() * limit)
  const urls = system.gateways.map(({ url }) => url)
  const gateway = (): string => urls[below(urls.length)] ?? ''

  let isOver = false
  const outcomes: Record<string, number> = {}
  const count = (what: string): void => {
    outcomes[what] = (outcomes[what] ?? 0) + 1
  }
  const buyer = async (name: string): Promise<void> => {
    for (let visit = 0; !isOver; visit += 1) {
      const user_id = `${name}-${visit}`
      const send = async (path: string, json: object, method = 'POST') => {
        // A gateway that was killed answers nobody.
        const answer = await ask(gateway() + path, { method, json: { ...json, user_id } }).catch(() => undefined)
        return answer ?? { status: 0, body: null }
      }
      const first = below(seatCount - 3)
      const held = await send(`/events/${eventId}/holds`, { seat_nos: [first, first + 1] })
      if (held.status !== 201) continue
      count('held')
      const holdId = held.body.id
      const chance = random()
      if (chance < 0.25) {
        if ((await send(`/holds/${holdId}`, { seat_nos: [first + 1, first + 2] }, 'PATCH')).status === 200)
          count('swapped')
      }
      if (chance < 0.5) {
        const bought = await send('/purchase', { hold_id: holdId, payment_token: 'tok_ok' })
        if (bought.status !== 201) continue
        count('bought')
        if ((await send(`/bookings/${bought.body.id}/cancel`, {})).status < 300) count('cancelled')
      } else if (chance < 0.75) {
        const released = await ask(`${gateway()}/holds/${holdId}?user_id=${user_id}`, { method: 'DELETE' }).catch(
          () => undefined,
        )
        if (released?.status === 204) count('released')
      } else count('left to run out')
    }
  }
  const buyers = Promise.all(Array.from({ length: 4 }, (_, at) => buyer(`buyer-${at}`)))

  const clients = Array.from({ length: 16 }, () => new SeatStreamClient())
  t.teardown(() => clients.forEach((client) => void client.cut()))
  const connect = async (client: SeatStreamClient): Promise<void> => {
    const forged = ['nonsense', `${client.lastId ?? 'x-1'}9999`, 'k0ffee-12', '0-0']
    const lastEventId = random() < 0.05 ? (forged[below(forged.length)] ?? null) : client.lastId
    await until('it is connected', async () => {
      await client.connect(`${gateway()}/events/${eventId}/seats/stream`, { lastEventId })
      return client.status === 200
    })
  }
  for (const client of clients) await connect(client)
  for (let cut = 0; cut < cuts; cut += 1) {
    const client = clients[below(clients.length)]
    if (client === undefined) continue
    client.cut()
    await new Promise((resolve) => setTimeout(resolve, below(150)))
    await connect(client)
    if (cut === cuts / 2) {
      await system.gateways[1]?.kill()
      const fresh = await system.start('gateway')
      urls[1] = fresh.url
      for (const cutOff of clients.filter(({ isOpen }) => !isOpen)) await connect(cutOff)
    }
  }
  isOver = true
  await buyers
  t.log(outcomes)
  for (const what of ['held', 'swapped', 'bought', 'cancelled', 'released', 'left to run out']) {
    t.true((outcomes[what] ?? 0) > 0, what)
  }

  const resets = clients.reduce((sum, client) => sum + client.of('reset').length, 0)
  t.true(resets < clients.length + cuts / 2, `${resets} resets: most cuts must go on without one`)
  const haveEnded = async (): Promise<boolean> => (await ask(`${system.url}/events/${eventId}/seats`)).body.held === 0
  await until('all holds have ended', haveEnded, { timeoutMs: 30_000 })
  for (const client of clients) if (!client.isOpen) await connect(client)
  const differing = async (): Promise<number> => {
    const { body } = await ask(`${system.url}/events/${eventId}/seats`)
    const expected = codesOf(body.states).slice(0, seatCount)
    return clients.reduce((sum, { seats }) => sum + expected.filter((code, seatNo) => seats[seatNo] !== code).length, 0)
  }
  await until('all clients show what the database has', async () => (await differing()) === 0, { timeoutMs: 30_000 })
  t.is(await differing(), 0)
})
