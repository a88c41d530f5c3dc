import test from 'ava'
import { mayMoveRefund, type RefundStatus } from '../../workers/purchase/refund.ts'
import { refundedMessage, returningMessage } from '../../workers/purchase/refund-message.ts'

const statuses: readonly RefundStatus[] = ['requested', 'returning', 'done', 'refused']

test('a refund gives money back only after its tickets are, and is refused only before', (t) => {
  const found = statuses.flatMap((from) =>
    statuses.filter((to) => mayMoveRefund(from, to)).map((to) => `${from} → ${to}`),
  )
  t.deepEqual(found.toSorted(), ['requested → refused', 'requested → returning', 'returning → done'])
})

test('a refund says in plain words what came back and what is still on its way', (t) => {
  const money = { amountMinor: 5_000, currency: 'EUR' }
  t.is(refundedMessage(money), 'The tickets were given back and 50.00 EUR refunded.')
  t.regex(returningMessage(money), /50\.00 EUR are on their way to the buyer/)
  const nothing = { ...money, amountMinor: 0 }
  t.is(refundedMessage(nothing), 'The tickets were given back; there was nothing to refund.')
  t.is(returningMessage(nothing), 'The tickets were given back.')
})
