import { viewHold as contract } from '#shared/contracts/holds.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Database } from '#shared/postgres.ts'
import { keyOf } from '../keys.ts'
import { noSuchHold } from '../refusals.ts'
import { readHold } from '../store/holds.ts'

export function viewHold({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ hold_id }, context) => {
    const hold = await readHold(postgres, keyOf(hold_id))
    if (hold?.user_id !== requireUser(context.caller)) throw noSuchHold()
    return hold
  })
}
