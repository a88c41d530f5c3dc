import { viewPurchase as contract, purchaseHold } from '#shared/contracts/purchase.ts'
import { commandScope } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { declineCodeOf, outcomeOf, type Payment } from '../payment.ts'
import { purchaseMessages } from '../purchase-message.ts'
import { readCommand } from '../store/commands.ts'
import { findPaidPayment, findPaymentByKey } from '../store/payments.ts'

/**
 * The outcome of a caller's purchase, by its Idempotency-Key. A command is forgotten after a day, but a payment that took money is still
 * found. Throws `not_found` for unknown keys.
 */
export function viewPurchase({ postgres }: WorkerParts): Operation {
  return operation(contract, async ({ idempotency_key: key }, context) => {
    const userId = requireUser(context.caller)
    const command = await readCommand(postgres, { scope: commandScope(purchaseHold.operation, context), key })
    let payment: Payment | null = null
    if (command === undefined) payment = await findPaidPayment(postgres, userId, key)
    else if (command.provider_key !== null) payment = await findPaymentByKey(postgres, command.provider_key)
    if (command === undefined && payment === null) throw noSuchPurchase()
    const outcome = payment === null ? 'not_started' : outcomeOf(payment)
    // A purchase that has not started can still start until its worker's lease ends.
    const status = outcome === 'not_started' && command?.is_running ? 'processing' : outcome
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
    'No purchase with this Idempotency-Key is known. If you sent one earlier, look at your bookings before you send it again.',
  )
}
