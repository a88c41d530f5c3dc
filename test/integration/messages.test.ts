import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { defineContract } from '#shared/contracts/contract.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call, callRaw } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import type { Message } from '#shared/messaging/message.ts'
import { operation, serve } from '#shared/messaging/serve.ts'
import { Link } from '../../infra/system/links.ts'
import { forFile } from '../support/for-file.ts'
import { busOf, openBus } from '../support/open-bus.ts'
import { assertRefused } from '../support/refusals.ts'
import { startTestNats } from '../support/servers.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'

const echo = defineContract('event', 'echo', {
  summary: 'Answers so many letters',
  request: z.strictObject({ letters: z.int() }),
  reply: z.object({ text: z.string() }),
  errors: [],
  deadlineMs: 5_000,
})

const keepSilent = defineContract('event', 'keep-silent', { ...echo, summary: 'Never answers' })

const nats = forFile(() => startTestNats())
const worker = forFile(() => openBus(nats.urls.event))
const client = forFile(() => openBus(nats.url))
let silentRequests = 0
const seenBudgets: number[] = []
test.before(async () => {
  const answer = operation(echo, async ({ letters }, context) => {
    seenBudgets.push(context.deadlineAt - performance.now())
    if (letters === 7) context.tellSeq('7')
    return { text: 'x'.repeat(letters) }
  })
  const silence = operation(keepSilent, () => {
    silentRequests += 1
    return new Promise(() => undefined)
  })
  await serve(worker, {
    worker: 'event',
    instance: 'event-1',
    operations: [answer, silence],
    maxInFlight: 10,
    log: silentLog,
  })
})

const context = () => ({ requestId: 'r', caller: user('u'), deadlineAt: performance.now() + 5_000 })
const ask = (letters: number): Promise<{ text: string }> => call(client, echo, { letters }, context())

/** Has requests to an operation of a worker answered as they are, by `handle`. Answers its subject. */
async function serveRaw(bus: Bus, name: 'event' | 'booking', operation: string, handle = same): Promise<string> {
  const subject = `ticketing.v1.${name}.${operation}`
  const onFailure = () => ({ payload: new Uint8Array(), headers: {} })
  await bus.serve({ name, instance: operation, endpoints: [{ name: operation, subject, handle }], onFailure })
  return subject
}
const same = async (request: Message): Promise<Message> => request
const message = (text = ''): Message => ({ payload: Buffer.from(text), headers: {} })
const textOf = ({ payload }: Message): string => Buffer.from(payload).toString()

test('a reply larger than a message may be is an error for its caller, and the worker goes on', async (t) => {
  await t.throwsAsync(ask(5_000_000), { message: 'Something went wrong on our side; try again later.' })
  t.is((await ask(3)).text, 'xxx')
})

test('a request larger than a message may be is refused before it is sent', async (t) => {
  const payload = new Uint8Array(5_000_000)
  const sent = client.request(echo.subject, { payload, headers: {} }, 1_000)
  await assertRefused(t, sent, 'body_too_large')
})

test('headers arrive as they were sent, and a value that would begin another header is refused', async (t) => {
  const subject = await serveRaw(worker, 'event', 'echo-headers')
  const payload = new TextEncoder().encode('NATS/1.0\r\nA: b\r\n\r\n')
  for (const headers of [{}, { A: '' }, { A: 'x: y, z', 'B-C': 'Zoë\t🎟', d: 'constructor' }]) {
    const reply = await client.request(subject, { payload, headers }, 15_000)
    t.deepEqual({ ...reply.headers }, headers)
    t.deepEqual(Buffer.from(reply.payload), Buffer.from(payload))
  }
  for (const value of ['x\r\nB: y', 'x\ny', 'x\ry']) {
    await t.throwsAsync(client.request(subject, { payload, headers: { A: value } }, 1_000), {
      message: 'the header A has more than one line',
    })
  }
})

test('a late reply is dropped', async (t) => {
  const gates: (() => void)[] = []
  const subject = await serveRaw(worker, 'event', 'answer-late', async (request) => {
    await new Promise<void>((resolve) => gates.push(resolve))
    return request
  })
  await assertRefused(t, client.request(subject, message('first'), 50), 'worker_timeout')
  const second = client.request(subject, message('second'), 15_000)
  await until('both requests have arrived', () => gates.length === 2)
  for (const open of gates) open()
  t.is(textOf(await second), 'second')
})

test('a reply carries a `seq` when the operation sets one', async (t) => {
  t.is((await callRaw(client, echo, { letters: 1 }, context())).seq, undefined)
  t.is((await callRaw(client, echo, { letters: 7 }, context())).seq, '7')
})

test('a budget that is not a number is spent, and one beyond the contract is limited to it', async (t) => {
  const send = (budget: string) =>
    client.request(echo.subject, { ...message('{"letters":1}'), headers: { 'Ticketing-Budget-Ms': budget } }, 15_000)
  t.is((await send('nonsense')).headers['Ticketing-Error'], 'worker_timeout')
  t.is((await send('-5')).headers['Ticketing-Error'], 'worker_timeout')
  t.is((await send('1e300')).headers['Ticketing-Error'], undefined)
  t.true(Math.max(...seenBudgets) <= echo.deadlineMs)
})

test('a request fails at once when nobody listens', async (t) => {
  const startedAt = performance.now()
  await assertRefused(t, client.request('ticketing.v1.nobody', message(), 60_000), 'no_worker')
  t.true(performance.now() - startedAt < 20_000)
})

test('a request in flight fails at once when the connection is lost', async (t) => {
  const { bus, link } = await connectByLink(t, nats.url)
  const sent = bus.request(keepSilent.subject, message('{"letters":1}'), 60_000)
  const refusal = assertRefused(t, sent, 'unavailable')
  await until('the request has arrived', () => silentRequests === 1)
  const lostAt = performance.now()
  link.cut()
  await refusal
  t.true(performance.now() - lostAt < 20_000)
})

test('a request that is made just before its connection is closed arrives', async (t) => {
  let hasArrived = false
  const subject = await serveRaw(worker, 'event', 'last-request', async (request) => {
    hasArrived = true
    return request
  })
  const bus = await openBus(nats.url)
  const answered = bus.request(subject, message(), 1_000).catch(() => undefined)
  await bus.close()
  await until('it has arrived', () => hasArrived)
  await answered
  t.pass()
})

test('a reply arrives although its worker lost the connection meanwhile', async (t) => {
  const { bus: distant, link } = await connectByLink(t, nats.urls.booking)
  const asked = Promise.withResolvers<void>()
  const back = Promise.withResolvers<void>()
  const subject = await serveRaw(distant, 'booking', 'echo', async (request) => {
    asked.resolve()
    await back.promise
    return request
  })
  const answer = client.request(subject, message('hello'), 15_000)
  await asked.promise
  const { connections } = link.counts
  link.cut()
  // It may reconnect before anybody sees it disconnected.
  await until('it is connected again', () => link.counts.connections > connections && distant.connected)
  back.resolve()
  t.is(textOf(await answer), 'hello')
})

/** A connection that can be cut. */
async function connectByLink(t: ExecutionContext, url: string): Promise<{ bus: Bus; link: Link }> {
  const port = Number(new URL(url).port)
  const link = await Link.start({ targetPort: () => port, replies: 'to server' })
  t.teardown(() => link.close())
  const bus = await busOf(t, url.replace(`:${port}`, `:${link.port}`))
  return { bus, link }
}
