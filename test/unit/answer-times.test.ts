import test from 'ava'
import { AnswerTimes } from '#shared/messaging/retries.ts'

function timesOf(...allMs: number[]): AnswerTimes {
  const times = new AnswerTimes()
  for (const ms of allMs) times.add(ms)
  return times
}

const repeated = (ms: number, count: number): number[] => Array.from({ length: count }, () => ms)

test('with few answers known, 100 ms is usual', (t) => {
  t.is(timesOf().usualMs(1_000), 100)
  t.is(timesOf(...repeated(5, 49)).usualMs(1_000), 100)
})

test('the 99th percentile is usual, within 20 ms and a third of the deadline', (t) => {
  t.is(timesOf(...repeated(40, 198), 900, 900).usualMs(1_000), 40)
  t.is(timesOf(...repeated(1, 200)).usualMs(1_000), 20)
  t.is(timesOf(...repeated(800, 200)).usualMs(900), 300)
})

test('only the last 200 answers count', (t) => {
  t.is(timesOf(...repeated(300, 200), ...repeated(30, 200)).usualMs(1_000), 30)
})
