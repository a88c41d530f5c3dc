import test from 'ava'
import bunyan from 'bunyan'
import { z } from 'zod'
import { defineContract } from '#shared/contracts/contract.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { operation, serve } from '#shared/messaging/serve.ts'
import { startTestNats, type TestNats } from '../support/servers.ts'

const echo = defineContract({
  worker: 'event',
  operation: 'echo',
  summary: 'Answers so many letters',
  request: z.strictObject({ letters: z.int() }),
  reply: z.object({ text: z.string() }),
  errors: [],
  deadlineMs: 5_000,
})

let nats: TestNats
let worker: Bus
let client: Bus
const seenBudgets: number[] = []

test.before(async () => {
  nats = await startTestNats()
  worker = await Bus.connect({ url: nats.urls.event, name: 'worker', timeoutMs: 5_000 })
  client = await Bus.connect({ url: nats.url, name: 'client', timeoutMs: 5_000 })
  const answer = operation(echo, async ({ letters }, context) => {
    seenBudgets.push(context.deadlineAt - performance.now())
    return { text: 'x'.repeat(letters) }
  })
  const log = bunyan.createLogger({ name: 'test', streams: [] })
  await serve(worker, { worker: 'event', instance: 'event-1', operations: [answer], maxInFlight: 10, log })
})

test.after.always(async () => {
  await Promise.all([worker.close(), client.close()])
  await nats.stop()
})

function ask(letters: number): Promise<{ text: string }> {
  const deadlineAt = performance.now() + 5_000
  return call(client, echo, { letters }, { requestId: 'r', caller: user('u'), deadlineAt })
}

test('a reply larger than a message may be is an error for its caller, and the worker goes on', async (t) => {
  await t.throwsAsync(ask(5_000_000), { message: 'Something went wrong on our side.' })
  t.is((await ask(3)).text, 'xxx')
})

test('a request larger than a message may be is refused before it is sent', async (t) => {
  const payload = new Uint8Array(5_000_000)
  const sent = client.request(echo.subject, { payload, headers: {} }, 1_000)
  t.like(await t.throwsAsync(sent), { code: 'body_too_large' })
})

test('a budget that is no number, or beyond the contract, is brought within it', async (t) => {
  const payload = new TextEncoder().encode('{"letters":1}')
  const send = (budget: string) =>
    client.request(echo.subject, { payload, headers: { 'Ticketing-Budget-Ms': budget } }, 1_000)
  t.is((await send('nonsense')).headers['Ticketing-Error'], 'worker_timeout')
  t.is((await send('-5')).headers['Ticketing-Error'], 'worker_timeout')
  t.is((await send('1e300')).headers['Ticketing-Error'], undefined)
  t.true(Math.max(...seenBudgets) <= echo.deadlineMs)
})

test('nobody listening is known at once', async (t) => {
  const startedAt = performance.now()
  const sent = client.request('ticketing.v1.nobody', { payload: new Uint8Array(), headers: {} }, 5_000)
  t.like(await t.throwsAsync(sent), { code: 'no_worker' })
  t.true(performance.now() - startedAt < 2_500)
})
