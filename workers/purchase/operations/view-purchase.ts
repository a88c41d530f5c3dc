import type { ReplyOf } from '#shared/contracts/contract.ts'
import { viewPurchase as contract, type Outcome, purchaseHold } from '#shared/contracts/purchase.ts'
import { commandScope } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { declineCodeOf, outcomeOf, type Payment } from '../payment.ts'
import { purchaseMessages } from '../purchase-message.ts'
import { findCommand } from '../store/commands.ts'
import { findLatestPaymentByKey } from '../store/payments.ts'

/** How a purchase of the caller ended, by its Idempotency-Key. Throws `not_found` for keys that nothing is known of. */
export function viewPurchase({ postgres }: WorkerParts): Operation {
  return operation(contract, async ({ idempotency_key: key }, context) => {
    requireUser(context.caller)
    const command = await findCommand(postgres, { scope: commandScope(purchaseHold.operation, context), key })
    if (command === null) {
      throw new TicketingError(
        'not_found',
        'No purchase of yours with this Idempotency-Key is known: nothing was charged for it within the last day, and the purchase may be sent again.',
      )
    }
    const payment = command.providerKey === null ? null : await findLatestPaymentByKey(postgres, command.providerKey)
    return purchaseView(key, payment, command)
  })
}

function purchaseView(
  key: string,
  payment: Payment | null,
  { isRunning }: { isRunning: boolean },
): ReplyOf<typeof contract> {
  const outcome = payment === null ? 'not_started' : outcomeOf(payment)
  // What has not started may start until its worker's time is over.
  const status: Outcome = outcome === 'not_started' && isRunning ? 'processing' : outcome
  return {
    idempotency_key: key,
    status,
    hold_id: payment?.holdId ?? null,
    booking_id: payment?.begun?.bookingId ?? null,
    decline_code: payment && declineCodeOf(payment),
    message: purchaseMessages[status],
  }
}
