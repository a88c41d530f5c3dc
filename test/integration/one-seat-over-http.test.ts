import test from 'ava'
import { pay } from '../support/buying.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'

const buyers = 60
const tries = 10

const system = sharedSystem()

test('of 60 buyers who want one seat over two gateways and two workers, one gets it and can pay', async (t) => {
  const eventId = await eventOnSale(system.url)
  const wantSeat = async (buyer: number): Promise<Answer> => {
    const url = system.gateways[buyer % 2]?.url ?? ''
    const headers = { 'idempotency-key': `buyer-${buyer}` }
    const json = { user_id: `buyer-${buyer}`, seat_nos: [7] }
    let answer = await ask(`${url}/events/${eventId}/holds`, { headers, json })
    // A loaded machine may not decide in time: asked again with the same key, it must.
    for (let asked = 1; asked < tries && answer.status >= 500; asked += 1) {
      answer = await ask(`${url}/events/${eventId}/holds`, { headers, json })
    }
    return answer
  }
  const answers = await Promise.all(Array.from({ length: buyers }, (_, buyer) => wantSeat(buyer)))
  const winners = answers.filter(({ status }) => status === 201)
  t.is(winners.length, 1)
  t.is(answers.filter(({ body }) => body.code === 'seat_unavailable').length, buyers - 1)

  const { id, user_id } = winners[0]?.body ?? {}
  const bought = await pay(system.url, id, user_id)
  t.is(bought.status, 201, bought.text)
  const { body } = await ask(`${system.gateways[1]?.url}/bookings?user_id=${user_id}`)
  t.is(body.items.map((booking: { id: string }) => booking.id).join(), bought.body.id)
})
