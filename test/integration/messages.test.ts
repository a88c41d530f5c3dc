import test, { type ExecutionContext } from 'ava'
import bunyan from 'bunyan'
import { z } from 'zod'
import { defineContract } from '#shared/contracts/contract.ts'
import { Bus, type Message } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { operation, serve } from '#shared/messaging/serve.ts'
import { FaultProxy } from '../chaos/proxy.ts'
import { startTestNats, type TestNats } from '../support/servers.ts'
import { until } from '../support/until.ts'

const echo = defineContract({
  worker: 'event',
  operation: 'echo',
  summary: 'Answers so many letters',
  request: z.strictObject({ letters: z.int() }),
  reply: z.object({ text: z.string() }),
  errors: [],
  deadlineMs: 5_000,
})

const keepSilent = defineContract({ ...echo, operation: 'keep-silent', summary: 'Never answers' })

let nats: TestNats
let worker: Bus
let client: Bus
const seenBudgets: number[] = []
let silentlyAsked = 0

test.before(async () => {
  nats = await startTestNats()
  worker = await Bus.connect({ url: nats.urls.event, name: 'worker', timeoutMs: 5_000 })
  client = await Bus.connect({ url: nats.url, name: 'client', timeoutMs: 5_000 })
  const answer = operation(echo, async ({ letters }, context) => {
    seenBudgets.push(context.deadlineAt - performance.now())
    return { text: 'x'.repeat(letters) }
  })
  const silence = operation(keepSilent, () => {
    silentlyAsked += 1
    return new Promise(() => undefined)
  })
  const log = bunyan.createLogger({ name: 'test', streams: [] })
  await serve(worker, { worker: 'event', instance: 'event-1', operations: [answer, silence], maxInFlight: 10, log })
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

test('whoever waits for an answer when the connection is lost hears so at once', async (t) => {
  const { bus, proxy } = await connectByProxy(t, nats.url)
  const payload = new TextEncoder().encode('{"letters":1}')
  const refusal = t.throwsAsync(bus.request(keepSilent.subject, { payload, headers: {} }, 30_000))
  await until('it was asked', () => silentlyAsked === 1)
  const lostAt = performance.now()
  proxy.cut()
  t.like(await refusal, { code: 'unavailable' })
  t.true(performance.now() - lostAt < 5_000)
})

test('an answer arrives although its worker lost the connection meanwhile', async (t) => {
  const { bus: distant, proxy } = await connectByProxy(t, nats.urls.booking)
  const subject = 'ticketing.v1.booking.echo'
  const asked = Promise.withResolvers<void>()
  const back = Promise.withResolvers<void>()
  const handle = async (request: Message): Promise<Message> => {
    asked.resolve()
    await back.promise
    return request
  }
  await distant.serve({
    name: 'booking',
    instance: 'distant',
    endpoints: [{ name: 'echo', subject, handle }],
    onFailure: () => ({ payload: new Uint8Array(), headers: {} }),
  })
  const answer = client.request(subject, { payload: new TextEncoder().encode('hello'), headers: {} }, 5_000)
  await asked.promise
  proxy.cut()
  await until('the connection is lost', () => !distant.connected)
  await until('it is there again', () => distant.connected)
  back.resolve()
  t.is(Buffer.from((await answer).payload).toString(), 'hello')
})

/** A connection that can be cut. */
async function connectByProxy(t: ExecutionContext, url: string): Promise<{ bus: Bus; proxy: FaultProxy }> {
  const port = Number(new URL(url).port)
  const proxy = await FaultProxy.start({ targetPort: () => port, replies: 'to server' })
  const bus = await Bus.connect({ url: url.replace(`:${port}`, `:${proxy.port}`), name: 'distant', timeoutMs: 5_000 })
  t.teardown(() => bus.close().finally(() => proxy.close()))
  return { bus, proxy }
}
