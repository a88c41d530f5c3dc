import { viewHold as contract } from '#shared/contracts/holds.ts'
import type { Database } from '#shared/database/postgres.ts'
import { keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { noSuchHold } from '../refusals.ts'
import { readHold } from '../store/holds.ts'

/** Another buyer's hold counts as not found. A hold past its end shows as expired, even before that is recorded. */
export function viewHold({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ hold_id }, context) => {
    const hold = await readHold(postgres, keyOf(hold_id))
    if (hold?.user_id !== requireUser(context.caller)) throw noSuchHold()
    return hold
  })
}
