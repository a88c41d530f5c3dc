import { randomUUID } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { signWebhook } from '#shared/webhook-signature.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask } from '../support/http.ts'
import { exchangeRaw } from '../support/raw-http.ts'
import { startSystem, webhookSecret } from '../support/system.ts'
import { until } from '../support/until.ts'

/* X-Forwarded-For names the sender, as behind a proxy. */

const system = forFile(() =>
  startSystem({
    counts: { event: 0, booking: 0, sandbox: 0 },
    env: { TRUSTED_PROXIES: '127.0.0.1' },
  }),
)

/** Of the right form and age, but with another secret. */
function forgedFor(body: string): string {
  return signWebhook({ secret: 'not the secret of the provider', body, at: Date.now() })
}

/** Unless it is signed, a webhook that reaches the purchase worker is answered 400 `bad_signature`, because it is forged. */
function deliver(
  address: string,
  { provider = 'sandbox', body = '{}', signature = forgedFor(body) } = {},
): Promise<Answer> {
  return ask(`${system.url}/webhooks/${provider}`, {
    raw: body,
    headers: { 'x-forwarded-for': address, 'webhook-signature': signature },
  })
}

interface SlowAnswer {
  readonly status: number
  readonly detail: string
  readonly connection: string | undefined
  readonly afterMs: number
}

/** Sends the headers and one byte of a body, and no more. A connection cut off without an answer has the status 0. */
function sendSlowly(address: string): Promise<SlowAnswer> {
  const begin = performance.now()
  return new Promise((resolve) => {
    const slow = request(`${system.url}/webhooks/sandbox`, {
      method: 'POST',
      agent: false,
      headers: { 'x-forwarded-for': address, 'content-length': '100', 'webhook-signature': forgedFor('') },
    })
    const cutOff = { status: 0, detail: '', connection: undefined }
    slow.on('error', () => resolve({ ...cutOff, afterMs: performance.now() - begin }))
    slow.once('response', async (response: IncomingMessage) => {
      const { status, detail } = JSON.parse(await text(response))
      slow.destroy()
      resolve({ status, detail, connection: response.headers.connection, afterMs: performance.now() - begin })
    })
    slow.write('{')
  })
}

test.serial('senders that never finish do not keep the webhooks of others out, and are sent away', async (t) => {
  const slow = Array.from({ length: 100 }, (_, index) => sendSlowly(`10.0.1.${index}`))
  for (let time = 1; time <= 10; time += 1) {
    const answer = await deliver('10.0.0.1')
    t.is(answer.body.code, 'bad_signature', answer.text)
  }
  for (const { status, detail, connection, afterMs } of await Promise.all(slow)) {
    t.is(status, 503)
    t.regex(detail, /did not arrive/)
    t.is(connection, 'close')
    t.true(afterMs < 30_000)
  }
})

test.serial('one address sends so many bodies at once and no more, until they are done', async (t) => {
  const slow = Array.from({ length: 40 }, () => sendSlowly('10.0.2.1'))
  await until('it is full', async () => (await deliver('10.0.2.1')).body.code === 'overloaded')
  t.is((await deliver('10.0.0.1')).body.code, 'bad_signature')
  const answers = await Promise.all(slow)
  t.is(answers.filter(({ detail }) => /did not arrive/.test(detail)).length, 32)
  t.true(answers.every(({ status }) => status === 503))
  t.is((await deliver('10.0.2.1')).body.code, 'bad_signature')
})

test.serial('a signature of any length that is not the right one is a bad signature', async (t) => {
  for (const length of [1, 1_000, 1_001, 8_000]) {
    const answer = await deliver('10.0.0.1', { signature: 's'.repeat(length) })
    t.is(answer.status, 400, `${length}: ${answer.text}`)
    t.is(answer.body.code, 'bad_signature')
  }
})

test.serial('a provider that nobody knows and a body that no provider sends are refused', async (t) => {
  t.is((await deliver('10.0.0.1', { provider: 'nobody' })).body.code, 'not_found')
  const large = await deliver('10.0.0.1', { body: 'x'.repeat(200_000) })
  t.is(large.status, 413)
  t.is(large.body.code, 'body_too_large')
})

/** The answer to a head whose body never comes. */
function answerToHead(headers: readonly string[]): Promise<string> {
  const lines = ['POST /webhooks/sandbox HTTP/1.1', 'Host: tickets', ...headers, '', '']
  return exchangeRaw(system.url, lines.join('\r\n'), { isEnough: (reply) => reply.includes('"code"') })
}

test.serial('a Content-Length beyond that of any webhook is refused at once, and the connection closed', async (t) => {
  for (const length of [65_537, 1_099_511_627_776]) {
    const signature = `Webhook-Signature: ${forgedFor('')}`
    const answer = await answerToHead([`Content-Length: ${length}`, signature])
    t.regex(answer, /^HTTP\/1\.1 413 /)
    t.regex(answer, /Connection: close/i)
    t.regex(answer, /body_too_large/)
  }
})

test.serial('a signature of the wrong form or age is refused before the body comes', async (t) => {
  const signedAt = (at: number): string => signWebhook({ secret: webhookSecret, body: '', at })
  const wrong = ['', 'none', 't=1', 'v1=00', `t=${Math.floor(Date.now() / 1_000)},v1=00`]
  const aged = [signedAt(Date.now() - 400_000), signedAt(Date.now() + 400_000)]
  for (const signature of [...wrong, ...aged]) {
    const answer = await answerToHead(['Content-Length: 100', `Webhook-Signature: ${signature}`])
    t.regex(answer, /^HTTP\/1\.1 400 /, signature)
    t.regex(answer, /bad_signature/)
  }
})

test.serial('two hundred connections of forged webhooks from one address keep no genuine one out', async (t) => {
  let isOver = false
  const forger = async (): Promise<void> => {
    // On a busy machine it may hear nothing in time: what counts is what others hear.
    while (!isOver) await deliver('10.0.3.1').catch(() => undefined)
  }
  const forgers = Array.from({ length: 200 }, forger)
  try {
    await until(
      'the forger is refused for want of room',
      async () => {
        const answer = await deliver('10.0.3.1').catch(() => undefined)
        return answer?.body.code === 'overloaded'
      },
      { timeoutMs: 40_000 },
    )
    for (let time = 1; time <= 7; time += 1) {
      const body = JSON.stringify({ id: randomUUID(), type: 'payout.paid' })
      const signature = signWebhook({ secret: webhookSecret, body, at: Date.now() })
      const answer = await deliver('10.0.0.1', { body, signature })
      t.is(answer.status, 200, answer.text)
    }
  } finally {
    isOver = true
  }
  await Promise.all(forgers)
})
