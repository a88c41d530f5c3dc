import test from 'ava'
import { pauseBeforeNextAttemptMs } from '../../infra/ops/payment-sandbox/callback-times.ts'
import { sandboxSettings } from '../../infra/ops/payment-sandbox/config.ts'

test('pauses between attempts double from a quarter of a second to ten minutes', (t) => {
  t.deepEqual([1, 2, 3, 4].map(pauseBeforeNextAttemptMs), [250, 500, 1_000, 2_000])
  t.deepEqual([12, 13, 1_000, 100_000].map(pauseBeforeNextAttemptMs), [512_000, 600_000, 600_000, 600_000])
})

const needed = { INSTANCE: 'payment-sandbox', DATABASE_URL: 'postgres://localhost/x' }

function wrong(settings: Record<string, string>): string[] {
  const { error } = sandboxSettings.safeParse({ ...needed, ...settings })
  return error?.issues.map(({ path }) => path.join('.')) ?? []
}

test('without settings for webhooks each change is sent once, at once, when there is an endpoint', (t) => {
  const settings = sandboxSettings.parse(needed)
  t.deepEqual(settings.WEBHOOK_DELAY_MS, { min: 0, max: 0 })
  t.like(settings, { WEBHOOK_COPIES: 1, PAYMENT_WEBHOOK_URL: undefined, PAYMENT_WEBHOOK_SECRET: undefined })
})

test('delays are a range in milliseconds that does not fall, of an hour at most', (t) => {
  t.deepEqual(sandboxSettings.parse({ ...needed, WEBHOOK_DELAY_MS: '20-1500' }).WEBHOOK_DELAY_MS, {
    min: 20,
    max: 1_500,
  })
  for (const range of ['5', '', '5-', '-5', '9-8', '1.5-2', '0-3600001', '1-2-3', 'a-b']) {
    t.deepEqual(wrong({ WEBHOOK_DELAY_MS: range }), ['WEBHOOK_DELAY_MS'], range)
  }
})

test('an endpoint is an http(s) URL without a password, a secret has at least 16 characters', (t) => {
  t.deepEqual(wrong({ PAYMENT_WEBHOOK_URL: 'https://shop.example/hook', PAYMENT_WEBHOOK_SECRET: 'x'.repeat(16) }), [])
  for (const url of ['', 'shop.example', 'ftp://shop.example', 'file:///etc/passwd', 'http://me:pw@shop.example']) {
    t.deepEqual(wrong({ PAYMENT_WEBHOOK_URL: url }), ['PAYMENT_WEBHOOK_URL'], url)
  }
  t.deepEqual(wrong({ PAYMENT_WEBHOOK_SECRET: 'x'.repeat(15) }), ['PAYMENT_WEBHOOK_SECRET'])
  for (const copies of ['0', '11', 'x']) t.deepEqual(wrong({ WEBHOOK_COPIES: copies }), ['WEBHOOK_COPIES'])
})
