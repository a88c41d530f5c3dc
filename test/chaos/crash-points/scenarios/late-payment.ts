import { letRunOut } from '../../../support/let-run-out.ts'
import { until } from '../../../support/until.ts'
import { askFor, requestToBuy } from '../client.ts'
import type { CrashSystem } from '../crash-system.ts'
import { holdSeat } from './buying.ts'
import { oneSale, type Scenario } from './story.ts'

const paysWithinMs = 15_000

/**
 * The provider takes its time until the hold has run out and another buyer has bought the seat: the money that was reserved
 * must be let go.
 */
export const latePayment: Scenario = async (system, event) => {
  const { userId, holdId } = await holdSeat(system, event)
  const charge = withholdNextCharge(system)
  const sale = oneSale(event)
  return {
    request: requestToBuy(userId, holdId),
    async meanwhile() {
      try {
        await until('the provider is asked', charge.isAsked, { timeoutMs: paysWithinMs })
        await letRunOut(system.db, { id: holdId })
        const other = await holdSeat(system, event)
        await askFor(system, requestToBuy(other.userId, other.holdId), 201)
      } finally {
        charge.release()
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

/** From now on the provider takes the next charge, but nobody hears of it until `release`. */
function withholdNextCharge(system: CrashSystem): { isAsked(): boolean; release(): void } {
  let key: string | undefined
  const release = system.link('purchase → sandbox').withholdReplies((request) => {
    if (request.startsWith('POST /charges HTTP')) key ??= /\r\nidempotency-key: (\S+)/i.exec(request)?.[1]
    return key !== undefined && request.includes(key)
  })
  return { isAsked: () => key !== undefined, release }
}
