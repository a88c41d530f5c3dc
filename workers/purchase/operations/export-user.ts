import { exportUser as contract, type ExportedPayment } from '#shared/contracts/privacy.ts'
import { newestItems } from '#shared/database/newest-items.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { exportBuyer } from '../booking-calls.ts'
import { stepContextOf } from '../saga.ts'
import { listPaymentsOf } from '../store/erasures.ts'

/** What is stored about the caller, here and in the booking worker. */
export function exportUser({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async (_request, context) => {
    const userId = requireUser(context.caller)
    const ofBuyer = await exportBuyer(bus, userId, stepContextOf(context))
    const payments = await newestItems<ExportedPayment>((last, limit) =>
      listPaymentsOf(postgres, { userId, beforeId: last?.id ?? null, limit }),
    )
    return {
      user_id: userId,
      exported_at: new Date().toISOString(),
      ...ofBuyer,
      payments: payments.items,
      complete: ofBuyer.complete && payments.isComplete,
    }
  })
}
