import { until } from '../../../support/until.ts'
import { askFor, requestToBuy } from '../client.ts'
import type { OpenEvent, Stand } from '../stand/stand.ts'
import { type HeldSeat, holdSeat } from './buying.ts'
import { oneSale, type Scenario } from './story.ts'

/** Longer than holds last on a stand for these stories. */
const runsOutWithinMs = 15_000

/**
 * The provider takes its time until the hold has run out and another buyer has bought the seat: the money that was reserved
 * must be let go. For stands with short holds.
 */
export const latePayment: Scenario = async (stand, event) => {
  const { userId, holdId } = await holdSeat(stand, event)
  const letProviderAnswer = stand.provider.keepBackNextCharge()
  const sale = oneSale(event)
  return {
    request: requestToBuy(userId, holdId),
    async meanwhile() {
      try {
        const other = await holdRunOutSeat(stand, event)
        await askFor(stand, requestToBuy(other.userId, other.holdId), 201)
      } finally {
        letProviderAnswer()
      }
    },
    answer: '410 hold_expired',
    ending: {
      ...sale,
      bookings: ['failed voided', ...sale.bookings],
      holds: ['expired', ...sale.holds],
      payments: ['voided', ...sale.payments],
      charges: [`voided ${event.priceMinor}`, ...sale.charges],
    },
    outcome: 'voided; seat sold to another',
  }
}

/** Another buyer asks until the seat is theirs: once its payment is under way and its hold has run out. */
export async function holdRunOutSeat(stand: Stand, event: OpenEvent): Promise<HeldSeat> {
  await until(
    'the first buyer pays',
    async () => (await stand.db.query('SELECT FROM purchase.payments WHERE event_id = $1', [event.eventId])).length > 0,
    { timeoutMs: runsOutWithinMs },
  )
  return holdSeat(stand, event, runsOutWithinMs)
}
