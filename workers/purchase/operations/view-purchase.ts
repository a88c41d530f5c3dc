import { viewPurchase as contract, purchaseHold } from '#shared/contracts/purchase.ts'
import { commandScope } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { declineCodeOf, outcomeOf } from '../payment.ts'
import { purchaseMessages } from '../purchase-message.ts'
import { readCommand } from '../store/commands.ts'
import { findPaymentByKey } from '../store/payments.ts'

/** How a purchase of the caller ended, by its Idempotency-Key. Throws `not_found` for keys that nothing is known of. */
export function viewPurchase({ postgres }: WorkerParts): Operation {
  return operation(contract, async ({ idempotency_key: key }, context) => {
    requireUser(context.caller)
    const command = await readCommand(postgres, { scope: commandScope(purchaseHold.operation, context), key })
    if (command === undefined) throw noSuchPurchase()
    const { provider_key: providerKey, is_running: isRunning } = command
    const payment = providerKey === null ? null : await findPaymentByKey(postgres, providerKey)
    const outcome = payment === null ? 'not_started' : outcomeOf(payment)
    // What has not started may start until its worker's time is over.
    const status = outcome === 'not_started' && isRunning ? 'processing' : outcome
    return {
      idempotency_key: key,
      status,
      hold_id: payment?.holdId ?? null,
      booking_id: payment?.begun?.bookingId ?? null,
      decline_code: payment && declineCodeOf(payment),
      message: purchaseMessages[status],
    }
  })
}

function noSuchPurchase(): TicketingError {
  return new TicketingError(
    'not_found',
    'You sent no purchase with this Idempotency-Key in the last 24 hours, so nothing was charged for it. You may send it again.',
  )
}
