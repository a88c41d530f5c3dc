import { eraseUser as contract } from '#shared/contracts/privacy.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { beginErasure, finishErasure } from '../erasing.ts'
import { type SagaParts, stepContextOf } from '../saga.ts'

/** Erases the caller, and everything twice is the same as once. If the booking worker does not answer, the reconciler goes on. */
export function eraseUser(saga: SagaParts): Operation {
  return operation(contract, async (_request, context) => {
    const erasure = await beginErasure(saga, requireUser(context.caller))
    await finishErasure(saga, erasure, stepContextOf(context))
    return {}
  })
}
