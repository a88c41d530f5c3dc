import '../support/few-at-a-time.ts'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { type Contract, defineContract } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { MessagingMetrics } from '#shared/messaging/messaging-metrics.ts'
import { Retries } from '#shared/messaging/retries.ts'
import { operation, serve } from '#shared/messaging/serve.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { echo } from '../support/echo.ts'
import { sumIn } from '../support/metrics.ts'
import { busOf } from '../support/open-bus.ts'
import { assertRefused } from '../support/refusals.ts'
import { startTestNats } from '../support/servers.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'

for (const [signal, what] of [
  ['SIGSTOP', 'frozen'],
  ['SIGKILL', 'killed'],
] as const) {
  test(`with one of two workers ${what}, none of 200 reads fails`, async (t) => {
    const { natsUrls, asker } = await startParts(t)
    const victim = await startTwoEchoes(t, natsUrls.event)
    await inBatches(100, () => asker.ask(echo, { text: 'warm up' }))
    victim?.kill(signal)
    const times: number[] = []
    const answers = await inBatches(200, async (index) => {
      const begin = performance.now()
      const answer = await asker.ask(echo, { text: `${index}` })
      times.push(performance.now() - begin)
      return answer
    })
    t.deepEqual(
      answers,
      answers.map((_, index) => ({ text: `${index}`, instance: 'event-2' })),
    )
    t.log(`slowest ${Math.round(Math.max(...times))} ms, retries ${(await asker.retries()).sent}`)
  })
}

test('for a second after an instance did not answer, requests bypass its queue group', async (t) => {
  const { natsUrls, asker } = await startParts(t)
  const victim = await startTwoEchoes(t, natsUrls.event)
  const operator = await busOf(t, natsUrls.operator)
  await inBatches(100, () => asker.ask(echo, { text: 'warm up' }))
  victim?.kill('SIGSTOP')
  await until('some bypassed it', async () => {
    const before = (await asker.retries()).sent
    await until('one was hedged', async () => {
      await asker.ask(echo, { text: '' })
      return (await asker.retries()).sent > before
    })
    const askedAt = performance.now()
    const queued = await countQueued(operator)
    await inBatches(20, () => asker.ask(echo, { text: '' }))
    const queuedSince = (await countQueued(operator)) - queued
    // On a busy machine the second may be over.
    return performance.now() - askedAt < 900 && queuedSince === 0
  })
  t.pass()
})

test('when no worker answers, retries are at most a tenth of the requests and the reserve, and the rest is counted as refused', async (t) => {
  const parts = await startParts(t)
  const silent = reading('keep-silent', { deadlineMs: 5_000 })
  let asked = 0
  await parts.answer(silent, () => {
    asked += 1
    return new Promise(() => undefined)
  })
  const begin = performance.now()
  let calls = 0
  // On a busy machine no instance may be found to be alive within the deadline, and nothing is hedged.
  while (calls < 2_000 && (await parts.asker.retries()).refused === 0) {
    const asking = Array.from({ length: 500 }, () => parts.asker.ask(silent, { text: '' }))
    const outcomes = await Promise.allSettled(asking)
    calls += asking.length
    t.true(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'worker_timeout'))
  }
  const { sent, refused } = await parts.asker.retries()
  const seconds = (performance.now() - begin) / 1_000
  t.log(`${calls} requests, ${sent} retries, ${refused} refused`)
  t.true(sent <= calls / 10 + 100 + 10 * seconds)
  t.true(sent > 0)
  t.true(refused > 0)
  t.true(asked <= calls + sent)
})

test('a read that takes unusually long is hedged, and the first answer counts', async (t) => {
  const parts = await startParts(t)
  const slow = reading('be-slow')
  const gates: (() => void)[] = []
  await parts.answer(slow, async () => {
    if (gates.length > 0) return { text: 'second' }
    await new Promise<void>((resolve) => gates.push(resolve))
    return { text: 'first' }
  })
  t.deepEqual(await parts.asker.ask(slow, { text: '' }), { text: 'second' })
  t.is((await parts.asker.retries('slow')).sent, 1)
  for (const open of gates) open()
})

test('a read that is refused as overloaded is retried once', async (t) => {
  const parts = await startParts(t)
  const busy = reading('be-busy')
  const asked: string[] = []
  await parts.answer(busy, async ({ text }) => {
    asked.push(text)
    if (text === 'for long' || asked.length === 1) throw new TicketingError('overloaded', 'Too many.')
    return { text }
  })
  t.deepEqual(await parts.asker.ask(busy, { text: 'for a moment' }), { text: 'for a moment' })
  t.is((await parts.asker.retries('overloaded')).sent, 1)
  await assertRefused(t, parts.asker.ask(busy, { text: 'for long' }), 'overloaded')
  t.is((await parts.asker.retries('overloaded')).sent, 2)
})

test('a refusal is an answer, and is not retried', async (t) => {
  const parts = await startParts(t)
  const missing = reading('be-missing')
  const gates: (() => void)[] = []
  await parts.answer(missing, async ({ text }) => {
    if (text === 'late' && gates.length === 0) await new Promise<void>((resolve) => gates.push(resolve))
    throw new TicketingError('not_found', 'None.')
  })
  await assertRefused(t, parts.asker.ask(missing, { text: 'at once' }), 'not_found')
  t.is((await parts.asker.retries('not_found')).sent, 0)
  // Nor does it wait for a hedge that is under way.
  await assertRefused(t, parts.asker.ask(missing, { text: 'late' }), 'not_found')
  for (const open of gates) open()
})

test('a command with a key is retried when no worker had it or the connection was lost, and never because it is slow', async (t) => {
  const parts = await startParts(t)
  const { readOnly: _, ...command } = reading('do-it')
  const failures: (string | null)[] = []
  const keys: (string | undefined)[] = []
  await parts.answer(command, async (_request, { idempotencyKey }) => {
    keys.push(idempotencyKey)
    const failure = failures.shift() ?? null
    if (failure === 'slow') await pause(300)
    else if (failure !== null) throw new TicketingError(failure as 'unavailable', 'Not now.')
    return { text: '' }
  })
  const doIt = async (key: string | undefined, ...outcomes: string[]): Promise<number> => {
    failures.splice(0, failures.length, ...outcomes)
    keys.splice(0)
    await parts.asker.ask(command, { text: '' }, key).catch(() => undefined)
    t.true(keys.every((each) => each === key))
    return keys.length
  }
  t.is(await doIt('key', 'unavailable'), 2)
  t.is(await doIt('key', 'no_worker'), 2)
  t.is(await doIt('key', 'slow'), 1)
  t.is(await doIt('key', 'overloaded'), 1)
  t.is(await doIt('key', 'seat_unavailable'), 1)
  t.is(await doIt(undefined, 'unavailable'), 1)
})

for (const [title, { instances, withRetries }] of Object.entries({
  'a slow read is not hedged when there is only one instance': { instances: 1, withRetries: true },
  'calls without a retry policy are sent once': { instances: 2, withRetries: false },
})) {
  test(title, async (t) => {
    const parts = await startParts(t)
    const slow = reading('be-slow')
    let asked = 0
    const answerLate = async () => {
      asked += 1
      await pause(400)
      return { text: '' }
    }
    await parts.answer(slow, answerLate, { instances })
    if (withRetries) await parts.asker.ask(slow, { text: '' })
    else await askOver(await busOf(t, parts.natsUrls.operator), slow, { text: '' })
    t.is(asked, 1)
  })
}

const reading = (operation: string, { deadlineMs = 30_000 }: { deadlineMs?: number } = {}) =>
  defineContract('event', operation, {
    summary: 'A test',
    request: z.strictObject({ text: z.string() }),
    reply: z.object({ text: z.string() }),
    errors: [],
    deadlineMs,
    readOnly: true,
  })

/** NATS, a caller with a gateway's retries, and a way to answer in this process. */
async function startParts(t: ExecutionContext) {
  const nats = await startTestNats()
  t.teardown(() => nats.stop())
  const metrics = new Metrics('gateway-1')
  const messaging = new MessagingMetrics(metrics)
  const bus = await busOf(t, nats.urls.operator, { retries: new Retries(messaging) })
  return {
    natsUrls: nats.urls,
    asker: {
      ask: <C extends Contract>(contract: C, request: { text: string }, key?: string) =>
        askOver(bus, contract, request, key),
      async retries(reason = '') {
        const { text } = await metrics.expose('')
        return {
          sent: sumIn(text, 'messaging_retries_total', `reason="${reason}`),
          refused: sumIn(text, 'messaging_retries_refused_total'),
        }
      },
    },
    async answer<C extends ReturnType<typeof reading>>(
      contract: C,
      answer: Parameters<typeof operation<C>>[1],
      { instances = 2 } = {},
    ) {
      const operations = [operation(contract, answer)]
      for (let number = 1; number <= instances; number += 1) {
        const worker = await busOf(t, nats.urls.event)
        await serve(worker, {
          worker: 'event',
          instance: `test-${number}`,
          operations,
          maxInFlight: 100_000,
          log: silentLog,
        })
      }
    },
  }
}

const askOver = (bus: Bus, contract: Contract, request: { text: string }, idempotencyKey?: string): Promise<unknown> =>
  call(bus, contract, request, {
    requestId: newId(),
    caller: user('ada'),
    deadlineAt: performance.now() + contract.deadlineMs,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  })

/** Two processes that answer `echo`. Answers the first of them. */
async function startTwoEchoes(t: ExecutionContext, url: string): Promise<ChildProcess | undefined> {
  const script = join(import.meta.dirname, '..', 'support', 'echo-process.ts')
  const echoes = ['event-1', 'event-2'].map(async (instance) => {
    const child = fork(script, [url, instance])
    t.teardown(() => void child.kill('SIGKILL'))
    await once(child, 'message')
    return child
  })
  return (await Promise.all(echoes))[0]
}

/** How many requests the one that is not frozen got as a member of the queue group. */
async function countQueued(bus: Bus): Promise<number> {
  const reply = await bus.request('$SRV.STATS.event', { payload: new Uint8Array(), headers: {} }, 5_000)
  const { endpoints } = JSON.parse(Buffer.from(reply.payload).toString('utf8'))
  return endpoints[0].num_requests
}

/** Ten at a time, in order of their numbers. */
async function inBatches<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let first = 0; first < count; first += 10) {
    results.push(...(await Promise.all(Array.from({ length: 10 }, (_, index) => work(first + index)))))
  }
  return results
}

/** Of all series of a metric that have this label. */
