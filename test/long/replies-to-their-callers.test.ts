import test from 'ava'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'

const system = sharedSystem()

interface Reader {
  readonly userId: string
  readonly bookingId: string
  readonly city: string
}

test('in 1,000 interleaved requests nobody gets the reply of another', async (t) => {
  const readers: Reader[] = []
  for (const city of ['Oslo', 'Bergen', 'Tromsø', 'Bodø', 'Molde', 'Narvik', 'Hamar', 'Alta']) {
    const event_id = await eventOnSale(system.url, { city })
    const userId = `reader-in-${city.length}-${readers.length}`
    const bought = await ask(`${system.url}/purchase`, {
      json: { user_id: userId, event_id, best_available: { qty: 1 }, payment_token: 'tok_ok' },
    })
    t.is(bought.status, 201, bought.text)
    readers.push({ userId, bookingId: bought.body.id, city })
  }
  const random = randomNumbers(5)
  const readOnce = async (number: number): Promise<void> => {
    const reader = readers[Math.floor(random() * readers.length)] as Reader
    const { userId, bookingId, city } = reader
    const gateway = system.gateways[number % 2]?.url
    const headers = {
      'x-request-id': `request-${number}`,
      'accept-encoding': random() < 0.5 ? 'gzip' : 'identity',
    }
    const kind = Math.floor(random() * 4)
    const path =
      [
        `/bookings?user_id=${userId}`,
        `/bookings/${bookingId}?user_id=${userId}`,
        `/events?city=${encodeURIComponent(city)}`,
        `/events?city=${encodeURIComponent(city)}&limit=${1 + Math.floor(random() * 3)}`,
      ][kind] ?? ''
    let answer = await ask(`${gateway}${path}`, { headers })
    // A busy machine may be too slow for a read's second; whose answer that is counts all the same.
    for (let tries = 1; answer.status === 504 && tries < 5; tries += 1) {
      t.is(answer.body.request_id, `request-${number}`)
      answer = await ask(`${gateway}${path}`, { headers })
    }
    t.is(answer.status, 200, answer.text)
    t.is(answer.headers.get('x-request-id'), `request-${number}`)
    const { body } = answer
    if (kind === 0)
      t.deepEqual(
        body.items.map((item: { id: string }) => item.id),
        [bookingId],
      )
    if (kind === 1) t.is(body.user_id, userId)
    if (kind >= 2)
      t.deepEqual(
        body.items.map((item: { venue: { city: string } }) => item.venue.city),
        [city],
      )
  }
  let next = 0
  const connection = async (): Promise<void> => {
    while (next < 1_000) {
      next += 1
      await readOnce(next)
    }
  }
  await Promise.all(Array.from({ length: 25 }, connection))
})
