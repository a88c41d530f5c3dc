import test from 'ava'
import { RetryBudget } from '#shared/messaging/retries.ts'

/** How many retries are allowed, one after the other. */
function spendAll(budget: RetryBudget): number {
  let spent = 0
  while (budget.spend()) spent += 1
  return spent
}

test('each call earns a tenth of a retry, beside what was saved up and ten a second', (t) => {
  const begin = performance.now()
  const budget = new RetryBudget()
  const saved = spendAll(budget)
  for (let calls = 0; calls < 500; calls += 1) budget.earn()
  const earned = spendAll(budget)
  const byTime = ((performance.now() - begin) / 1_000) * 10
  t.true(saved >= 100 && saved <= 100 + byTime)
  // Tenths do not add up exactly.
  t.true(earned >= 49 && earned <= 51 + byTime)
})

test('no more than a hundred retries are saved up', (t) => {
  const budget = new RetryBudget()
  for (let calls = 0; calls < 10_000; calls += 1) budget.earn()
  const begin = performance.now()
  const saved = spendAll(budget)
  t.true(saved <= 101 + ((performance.now() - begin) / 1_000) * 10)
})
