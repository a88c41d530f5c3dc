import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { startPurchasing } from '../support/purchasing.ts'
import { until } from '../support/until.ts'

const purchasing = forFile(() => startPurchasing())

test('order stuck pending after a crash: a purchase worker killed in the middle leaves nothing open after its restart', async (t) => {
  const { booking, system } = purchasing
  const purchases = ['tok_ok', 'tok_slow'].map((token, index) =>
    purchasing.newPurchase({ token, totalMinor: 7_001 + index }),
  )
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  booking.script.beforeAnswer = (name) => (name === 'confirm-hold' ? released : undefined)
  const unanswered = purchases.map(({ purchase }) => purchasing.refusalOf({ ...purchase, withinMs: 3_000 }))
  await until('one purchase waits for its seats, the other for the provider', async () => {
    const ledger = await purchasing.ledger()
    return booking.asked.includes('confirm-hold') && ledger.length === 2
  })

  await system.processes('purchase')[0]?.kill()
  t.deepEqual(new Set((await purchasing.ledger()).map(({ state }) => state)), new Set(['authorised']))
  delete booking.script.beforeAnswer
  release()
  await system.start('purchase')
  const restartedAt = performance.now()

  await until('both are bought and paid for', () => purchases.every(({ hold }) => hold.payment.status === 'captured'))
  t.log(`settled ${Math.round(performance.now() - restartedAt)} ms after the restart`)
  t.deepEqual(
    (await purchasing.ledger()).map(({ amount_minor, state }) => [amount_minor, state]).toSorted(),
    purchases.map(({ hold }) => [hold.totalMinor, 'captured']),
  )
  for (const refusal of await Promise.all(unanswered)) t.is(refusal.code, 'worker_timeout')
  for (const { purchase, hold } of purchases) {
    const { booking: bought } = await purchasing.buy(purchase)
    t.like(bought, { status: 'confirmed', hold_id: hold.id, payment: { status: 'captured' } })
    t.is(hold.attempt, 1)
  }
})
