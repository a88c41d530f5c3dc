import { abandonHold as contract } from '#shared/contracts/holds.ts'
import { keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Postgres } from '#shared/postgres.ts'
import { endAndTell } from '../hold-ends.ts'
import { noSuchHold } from '../refusals.ts'
import { lockHold } from '../store/holds.ts'

/** Nobody reads the answer of a page that closes, so places that are being paid for or bought are simply kept. */
export function abandonHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ hold_id }, context) => {
    const key = keyOf(hold_id)
    return postgres.transaction(async (db) => {
      const hold = await lockHold(db, key)
      if (hold?.userId !== requireUser(context.caller)) throw noSuchHold()
      if (hold.status === 'active') await endAndTell(db, [key], 'released')
      return {}
    })
  })
}
