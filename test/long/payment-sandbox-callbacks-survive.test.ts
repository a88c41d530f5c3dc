import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { verifyWebhook } from '#shared/webhook-signature.ts'
import { readTestConfig } from '../support/config.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { type RunningProcess, startProcess } from '../support/process.ts'
import { until } from '../support/until.ts'
import { type ReceivedWebhook, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const secret = 'a webhook secret for tests'
/** Pauses between attempts are seconds, and a busy machine makes them longer. */
const patience = { timeoutMs: 30_000 }

/** A receiver and an empty database, on which sandboxes can be started; all of it is taken away at the end of the test. */
async function prepare(
  t: ExecutionContext,
  answer: (webhook: ReceivedWebhook) => number | 'hang' = () => 200,
): Promise<{
  receiver: WebhookReceiver
  databaseUrl: string
  startSandbox(env?: Record<string, string>): Promise<RunningProcess>
}> {
  const [receiver, database] = await Promise.all([startWebhookReceiver(answer), createTestDatabase()])
  const started: RunningProcess[] = []
  t.teardown(async () => {
    await Promise.all(started.map((sandbox) => sandbox.stop()))
    await Promise.all([receiver.stop(), database.drop()])
  })
  return {
    receiver,
    databaseUrl: database.url,
    async startSandbox(env = { PAYMENT_WEBHOOK_SECRET: secret, PAYMENT_WEBHOOK_URL: receiver.url }) {
      const common = { OTEL_SDK_DISABLED: 'true', NODE_COMPILE_CACHE: readTestConfig().compileCache }
      const plan = {
        kind: 'sandbox',
        instance: 'sandbox',
        env: { ...common, DATABASE_URL: database.url, ...env },
      } as const
      const sandbox = await startProcess(plan)
      started.push(sandbox)
      return sandbox
    },
  }
}

/** Makes a charge and answers its key. */
async function charge({ url }: RunningProcess, token = 'tok_ok'): Promise<string> {
  const key = randomUUID()
  const json = { amount_minor: 5_000, currency: 'EUR', token }
  const { status, text } = await ask(`${url}/charges`, { headers: { 'idempotency-key': key }, json })
  if (status !== 201) throw new Error(`not charged: ${text}`)
  return key
}

/** The second of an attempt, by the clock of its sender. */
function sentAt(webhook: ReceivedWebhook | undefined): number {
  return Number(/^t=(\d+),/.exec(webhook?.signature ?? '')?.[1])
}

function keyOf({ body }: ReceivedWebhook): string {
  return body.charge.idempotency_key
}

test.serial('callbacks wait for an endpoint, and it is kept over a restart', async (t) => {
  const { receiver, startSandbox } = await prepare(t)
  const env = { PAYMENT_WEBHOOK_SECRET: secret }
  const sandbox = await startSandbox(env)
  const key = await charge(sandbox)
  await ask(`${sandbox.url}/charges/${key}/void`, { method: 'POST' })
  await ask(`${sandbox.url}/webhook-endpoint`, { method: 'PUT', json: { url: receiver.url } })
  await until('both callbacks', () => receiver.about(key).length === 2)

  t.is(await sandbox.stop(), 0)
  const afterwards = await charge(await startSandbox(env))
  await until('a callback after the restart', () => receiver.about(afterwards).length === 1)
  t.is(receiver.received.length, 3)
})

test('callbacks survive a kill of the process, and no more than twenty are under way at once', async (t) => {
  let answer: 200 | 'hang' = 'hang'
  const { receiver, startSandbox } = await prepare(t, () => answer)
  const sandbox = await startSandbox()
  const keys = await Promise.all(Array.from({ length: 30 }, () => charge(sandbox)))
  await until('twenty callbacks are under way', () => receiver.received.length >= 20)
  await sandbox.kill()
  const before = receiver.received.length
  // An attempt ends after five seconds, and makes room for another one: a busy machine may need so long to come so far.
  const begunAt = sentAt(receiver.received[0])
  t.true(receiver.received.filter((webhook) => sentAt(webhook) < begunAt + 4).length <= 20)

  answer = 200
  await startSandbox()
  const toldSince = (): string[] => [...new Set(receiver.received.slice(before).map(keyOf))]
  await until('all thirty charges are told', () => toldSince().length === 30, { timeoutMs: 20_000 })
  t.deepEqual(toldSince().sort(), keys.sort())
})

test('a callback that is not accepted is sent again after growing pauses, newly signed, until it is', async (t) => {
  const answers = [500, 302, 404, 204]
  const { receiver, startSandbox } = await prepare(t, () => answers.shift() ?? 200)
  const sandbox = await startSandbox()
  const key = await charge(sandbox)
  await until('the fourth attempt', () => receiver.received.length === 4, patience)
  const attempts = receiver.about(key)
  t.is(new Set(attempts.map(({ raw }) => raw.toString())).size, 1)
  const [first = 0, second = 0, third = 0, fourth = 0] = attempts.map(({ at }) => at)
  const pauses = [second - first, third - second, fourth - third]
  for (const [index, pauseMs] of pauses.entries()) t.true(pauseMs > 230 * 2 ** index, `paused ${pauses}`)
  for (const { raw, signature } of attempts) {
    t.true(verifyWebhook({ secret, body: raw, header: signature, now: Date.now() }))
  }
  t.true(new Set(attempts.map(({ signature }) => signature)).size > 1)

  // A fifth attempt would come after two seconds; this is refused for longer than that.
  answers.push(500, 500, 500, 500, 200)
  const later = await charge(sandbox)
  await until('the later charge is told', () => receiver.about(later).length === 5, patience)
  t.is(receiver.about(key).length, 4)
})

test('an attempt without an answer ends after five seconds, and another one follows', async (t) => {
  const answers: (number | 'hang')[] = ['hang']
  const { receiver, startSandbox } = await prepare(t, () => answers.shift() ?? 200)
  await charge(await startSandbox())
  await until('the second attempt', () => receiver.received.length === 2, patience)
  const [first, second] = receiver.received.map(sentAt)
  // By the sender's own clock; a busy machine takes longer.
  const seconds = (second ?? 0) - (first ?? 0)
  t.true(seconds >= 5 && seconds < 20, `paused ${seconds} s`)
})

test.serial('a sandbox that is stopped cuts off its attempts and makes up for them after its next start', async (t) => {
  let answer: 200 | 'hang' = 'hang'
  const { receiver, startSandbox } = await prepare(t, () => answer)
  const sandbox = await startSandbox()
  await charge(sandbox)
  await until('the first attempt', () => receiver.received.length === 1)
  const begun = performance.now()
  t.is(await sandbox.stop(), 0)
  const tookMs = performance.now() - begun
  t.true(tookMs < 4_000, `took ${tookMs} ms`)
  answer = 200
  await startSandbox()
  await until('the second attempt', () => receiver.received.length === 2)
  t.pass()
})

test.serial('a callback that nobody accepted for a day is given up, and a younger one is not', async (t) => {
  const { receiver, databaseUrl, startSandbox } = await prepare(t)
  const db = openPostgres(databaseUrl, { maxConnections: 1 })
  t.teardown(() => db.close())
  await db.query(
    `INSERT INTO sandbox.callbacks (event_id, copy, body, created_at, due_at)
     SELECT gen_random_uuid(), 1, '{}', now() - hours * interval '1 hour', now() + interval '1 hour'
     FROM unnest(ARRAY[23, 25, 26]) AS ages (hours)`,
  )
  const sandbox = await startSandbox()
  await until('one is left', async () => (await db.query('SELECT FROM sandbox.callbacks')).length === 1)
  await until('the log says so', () => /"callbacks":2,.*undelivered callbacks given up/.test(sandbox.output()))
  t.deepEqual(receiver.received, [])
})

test('without a secret nothing is sent, and the log says so once', async (t) => {
  const { receiver, startSandbox } = await prepare(t)
  const silent = await startSandbox({ PAYMENT_WEBHOOK_URL: receiver.url })
  // Its answer waits two seconds for that of its callback.
  await charge(silent, 'tok_webhook_before_reply')
  t.deepEqual(receiver.received, [])
  t.is(silent.output().match(/no PAYMENT_WEBHOOK_SECRET/g)?.length, 1)
})
