import test from 'ava'
import { ask, eventOnSale } from '../support/http.ts'
import { startSystem } from '../support/system.ts'

const rows = 200
const seatsPerRow = 40
const connections = 64

test('64 connections want pairs until 2 % of 8,000 seats is left: under 1 % are refused, all pairs sit together', async (t) => {
  const system = await startSystem({ counts: { gateway: 2, booking: 2 }, env: { RATE_LIMITS: 'off' } })
  t.teardown(() => system.stop())
  const eventId = await eventOnSale(system.url, { rows, seatsPerRow })
  const pairs: number[][] = []
  const refusals: string[] = []
  let wanted = (rows * seatsPerRow * 0.98) / 2
  const buyInTurn = async (gateway: string): Promise<void> => {
    while (wanted > 0) {
      wanted -= 1
      const buyer = `buyer-${wanted}`
      const { status, body } = await ask(`${gateway}/events/${eventId}/holds`, {
        json: { best_available: { qty: 2 }, user_id: buyer },
        headers: { 'idempotency-key': buyer },
      })
      if (status === 201) pairs.push(body.places.map(({ seat_no }: { seat_no: number }) => seat_no))
      else refusals.push(body.code)
    }
  }
  const gateways = Array.from({ length: connections }, (_, index) => system.gateways[index % 2]?.url ?? '')
  await Promise.all(gateways.map(buyInTurn))

  t.log(`${pairs.length} pairs held, ${refusals.length} refused`)
  t.true(refusals.length < pairs.length * 0.01, refusals.join())
  t.is(new Set(pairs.flat()).size, pairs.length * 2)
  for (const [left = 0, right = 0] of pairs) {
    t.is(right, left + 1)
    t.is(Math.floor(right / seatsPerRow), Math.floor(left / seatsPerRow))
  }
})
