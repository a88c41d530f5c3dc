import test from 'ava'
import { callbackDelaysMs, pauseBeforeNextAttemptMs } from '../../infra/payment-sandbox/callback-times.ts'
import { behaviourOf } from '../../infra/payment-sandbox/tokens.ts'

const late = { delayMs: { min: 100, max: 300 }, copies: 3 }

function drawing(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0
}

test('every copy of a callback draws a delay of its own, from the shortest to the longest', (t) => {
  t.deepEqual(callbackDelaysMs(behaviourOf('tok_ok'), late, drawing(0, 0.5, 0.9999)), [100, 200, 300])
  t.deepEqual(callbackDelaysMs({}, { delayMs: { min: 0, max: 0 }, copies: 1 }, drawing(0.9)), [0])
})

test('tok_webhook_twice is told at least twice, at one moment', (t) => {
  const twice = behaviourOf('tok_webhook_twice')
  t.deepEqual(callbackDelaysMs(twice, { ...late, copies: 1 }, drawing(0.5, 0)), [200, 200])
  t.deepEqual(callbackDelaysMs(twice, late, drawing(0.5, 0)), [200, 200, 200])
})

test('nobody is told of tok_webhook_never, and tok_webhook_before_reply is told without delay', (t) => {
  t.deepEqual(callbackDelaysMs(behaviourOf('tok_webhook_never'), late, drawing()), [])
  t.deepEqual(callbackDelaysMs(behaviourOf('tok_webhook_before_reply'), late, drawing(0.5)), [0, 0, 0])
})

test('pauses between attempts double from a quarter of a second to ten minutes', (t) => {
  t.deepEqual([1, 2, 3, 4].map(pauseBeforeNextAttemptMs), [250, 500, 1_000, 2_000])
  t.deepEqual([12, 13, 1_000, 100_000].map(pauseBeforeNextAttemptMs), [512_000, 600_000, 600_000, 600_000])
})
