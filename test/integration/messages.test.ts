import test, { type ExecutionContext } from 'ava'
import bunyan from 'bunyan'
import { z } from 'zod'
import { defineContract } from '#shared/contracts/contract.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { call, callRaw } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import type { Message } from '#shared/messaging/message.ts'
import { operation, serve } from '#shared/messaging/serve.ts'
import { Link } from '../../infra/system/links.ts'
import { forFile } from '../support/for-file.ts'
import { startTestNats } from '../support/servers.ts'
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
const worker = forFile(() => Bus.connect({ url: nats.urls.event, name: 'worker', timeoutMs: 5_000 }))
const client = forFile(() => Bus.connect({ url: nats.url, name: 'client', timeoutMs: 5_000 }))
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
  const log = bunyan.createLogger({ name: 'test', streams: [] })
  await serve(worker, { worker: 'event', instance: 'event-1', operations: [answer, silence], maxInFlight: 10, log })
})

function ask(letters: number): Promise<{ text: string }> {
  const deadlineAt = performance.now() + 5_000
  return call(client, echo, { letters }, { requestId: 'r', caller: user('u'), deadlineAt })
}

test('a reply larger than a message may be is an error for its caller, and the worker goes on', async (t) => {
  await t.throwsAsync(ask(5_000_000), { message: 'Something went wrong on our side; try again later.' })
  t.is((await ask(3)).text, 'xxx')
})

test('a request larger than a message may be is refused before it is sent', async (t) => {
  const payload = new Uint8Array(5_000_000)
  const sent = client.request(echo.subject, { payload, headers: {} }, 1_000)
  t.like(await t.throwsAsync(sent), { code: 'body_too_large' })
})

test('headers arrive as they were sent, and a value that would begin another header is refused', async (t) => {
  const subject = 'ticketing.v1.event.echo-headers'
  await worker.serve({
    name: 'event',
    instance: 'headers',
    endpoints: [{ name: 'echo-headers', subject, handle: async ({ payload, headers }) => ({ payload, headers }) }],
    onFailure: () => ({ payload: new Uint8Array(), headers: {} }),
  })
  const payload = new TextEncoder().encode('NATS/1.0\r\nA: b\r\n\r\n')
  for (const headers of [{}, { A: '' }, { A: 'x: y, z', 'B-C': 'Zoë\t🎟', d: 'constructor' }]) {
    const reply = await client.request(subject, { payload, headers }, 1_000)
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
  const subject = 'ticketing.v1.event.answer-late'
  const gates: (() => void)[] = []
  await worker.serve({
    name: 'event',
    instance: 'late',
    endpoints: [
      {
        name: 'answer-late',
        subject,
        async handle(request) {
          await new Promise<void>((resolve) => gates.push(resolve))
          return request
        },
      },
    ],
    onFailure: () => ({ payload: new Uint8Array(), headers: {} }),
  })
  const send = (text: string, timeoutMs: number) =>
    client.request(subject, { payload: Buffer.from(text), headers: {} }, timeoutMs)
  t.like(await t.throwsAsync(send('first', 50)), { code: 'worker_timeout' })
  const second = send('second', 5_000)
  await until('both requests have arrived', () => gates.length === 2)
  for (const open of gates) open()
  t.is(Buffer.from((await second).payload).toString(), 'second')
})

test('a reply carries a `seq` when the operation sets one', async (t) => {
  const deadlineAt = performance.now() + 5_000
  const context = { requestId: 'r', caller: user('u'), deadlineAt }
  t.is((await callRaw(client, echo, { letters: 1 }, context)).seq, undefined)
  t.is((await callRaw(client, echo, { letters: 7 }, context)).seq, '7')
})

test('a budget that is not a number is spent, and one beyond the contract is limited to it', async (t) => {
  const payload = new TextEncoder().encode('{"letters":1}')
  const send = (budget: string) =>
    client.request(echo.subject, { payload, headers: { 'Ticketing-Budget-Ms': budget } }, 1_000)
  t.is((await send('nonsense')).headers['Ticketing-Error'], 'worker_timeout')
  t.is((await send('-5')).headers['Ticketing-Error'], 'worker_timeout')
  t.is((await send('1e300')).headers['Ticketing-Error'], undefined)
  t.true(Math.max(...seenBudgets) <= echo.deadlineMs)
})

test('a request fails at once when nobody listens', async (t) => {
  const startedAt = performance.now()
  const sent = client.request('ticketing.v1.nobody', { payload: new Uint8Array(), headers: {} }, 5_000)
  t.like(await t.throwsAsync(sent), { code: 'no_worker' })
  t.true(performance.now() - startedAt < 2_500)
})

test('a request in flight fails at once when the connection is lost', async (t) => {
  const { bus, link } = await connectByLink(t, nats.url)
  const payload = new TextEncoder().encode('{"letters":1}')
  const refusal = t.throwsAsync(bus.request(keepSilent.subject, { payload, headers: {} }, 30_000))
  await until('the request has arrived', () => silentRequests === 1)
  const lostAt = performance.now()
  link.cut()
  t.like(await refusal, { code: 'unavailable' })
  t.true(performance.now() - lostAt < 5_000)
})

test('a request that is made just before its connection is closed arrives', async (t) => {
  let hasArrived = false
  const subject = 'ticketing.v1.event.last-request'
  const handle = async (request: Message): Promise<Message> => {
    hasArrived = true
    return request
  }
  await worker.serve({
    name: 'event',
    instance: 'last',
    endpoints: [{ name: 'last-request', subject, handle }],
    onFailure: () => ({ payload: new Uint8Array(), headers: {} }),
  })
  const bus = await Bus.connect({ url: nats.url, name: 'closing', timeoutMs: 5_000 })
  const answered = bus.request(subject, { payload: new Uint8Array(), headers: {} }, 1_000).catch(() => undefined)
  await bus.close()
  await until('it has arrived', () => hasArrived)
  await answered
  t.pass()
})

test('a reply arrives although its worker lost the connection meanwhile', async (t) => {
  const { bus: distant, link } = await connectByLink(t, nats.urls.booking)
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
  const { connections } = link.counts
  link.cut()
  // It may reconnect before anybody sees it disconnected.
  await until('it is connected again', () => link.counts.connections > connections && distant.connected)
  back.resolve()
  t.is(Buffer.from((await answer).payload).toString(), 'hello')
})

/** A connection that can be cut. */
async function connectByLink(t: ExecutionContext, url: string): Promise<{ bus: Bus; link: Link }> {
  const port = Number(new URL(url).port)
  const link = await Link.start({ targetPort: () => port, replies: 'to server' })
  const bus = await Bus.connect({ url: url.replace(`:${port}`, `:${link.port}`), name: 'distant', timeoutMs: 5_000 })
  t.teardown(() => bus.close().finally(() => link.close()))
  return { bus, link }
}
