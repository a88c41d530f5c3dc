import test from 'ava'
import { ask, eventOnSale } from '../support/http.ts'
import { startSystem } from '../support/system.ts'

test('Redis killed: events, holds and purchases go on, limits hold locally, nobody sees a 5xx', async (t) => {
  const system = await startSystem()
  t.teardown(() => system.stop())
  const { url } = system
  const eventId = await eventOnSale(url)
  await system.redis.kill()

  const events = await ask(`${url}/events`)
  t.is(events.status, 200)
  const hold = await ask(`${url}/events/${eventId}/holds`, { json: { seat_nos: [3], user_id: 'a' } })
  t.is(hold.status, 201, hold.text)
  const bought = await ask(`${url}/purchase`, {
    json: { hold_id: hold.body.id, payment_token: 'tok_ok', user_id: 'a' },
  })
  t.is(bought.status, 201, bought.text)
  const statuses = []
  for (let i = 0; i < 15; i++) statuses.push((await ask(`${url}/bookings?user_id=123`)).status)
  t.deepEqual(statuses, [...Array(10).fill(200), ...Array(5).fill(429)])

  const metrics = await ask(`${url}/metrics`)
  t.regex(metrics.text, /cache_errors_total\{instance="gateway-1"\} [1-9]/)
  t.regex(metrics.text, /rate_limit_local_total\{instance="gateway-1"\} [1-9]/)
  const ready = await ask(`${url}/readyz?verbose`)
  t.is(ready.status, 200)
  t.is(ready.body.redis, 'unavailable')
})
