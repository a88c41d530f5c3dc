import { letRunOut } from '../../../support/let-run-out.ts'
import { until } from '../../../support/until.ts'
import { askFor, requestToBuy } from '../client.ts'
import type { CrashSystem, OpenEvent } from '../crash-system.ts'
import { type HeldSeat, holdSeat } from './buying.ts'
import { oneSale, type Scenario } from './story.ts'

const paysWithinMs = 15_000

/**
 * The provider takes its time until the hold has run out and another buyer has bought the seat: the money that was reserved
 * must be let go.
 */
export const latePayment: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  const letProviderAnswer = withholdNextCharge(system)
  const sale = oneSale(event)
  return {
    request: requestToBuy(userId, holdId),
    async meanwhile() {
      try {
        const other = await holdRunOutSeat(system, event, holdId)
        await askFor(system, requestToBuy(other.userId, other.holdId), 201)
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

/** From now on the provider takes the next charge, but nobody hears of it until the function that this answers is called. */
function withholdNextCharge(system: CrashSystem): () => void {
  let key: string | undefined
  return system.link('purchase → sandbox').withholdReplies((request) => {
    if (request.startsWith('POST /charges HTTP')) key ??= /\r\nidempotency-key: (\S+)/i.exec(request)?.[1]
    return key !== undefined && request.includes(key)
  })
}

/** Another buyer holds the seat once its payment is under way, and its hold has run out. */
async function holdRunOutSeat(system: CrashSystem, event: OpenEvent, holdId: string): Promise<HeldSeat> {
  await until(
    'the first buyer pays',
    async () =>
      (await system.db.query('SELECT FROM purchase.payments WHERE event_id = $1', [event.eventId])).length > 0,
    { timeoutMs: paysWithinMs },
  )
  await letRunOut(system.db, { id: holdId })
  return holdSeat(system, event)
}
