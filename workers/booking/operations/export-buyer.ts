import { exportBuyer as contract, type ExportedAdmission } from '#shared/contracts/privacy.ts'
import { newestItems } from '#shared/database/newest-items.ts'
import type { Database } from '#shared/database/postgres.ts'
import { keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { listAdmissionsOf } from '../store/admissions.ts'
import { listBookingsOf } from '../store/bookings.ts'
import { listTicketsPassedOnTo } from '../store/carried-tickets.ts'
import { listUnsoldHoldsOf } from '../store/holds.ts'
import { readEntries } from '../waiting-list/read-entries.ts'

/** What is stored about the caller. The lists are read one after the other, each at its own moment. */
export function exportBuyer({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async (_request, { caller }) => {
    const userId = requireUser(caller)
    const holds = await newestItems(pagesOf((page) => listUnsoldHoldsOf(postgres, { userId, ...page })))
    const bookings = await newestItems(pagesOf((page) => listBookingsOf(postgres, { userId, ...page })))
    const tickets = await newestItems(
      pagesOf(async (page) => {
        const passedOn = await listTicketsPassedOnTo(postgres, { userId, ...page })
        return passedOn.map(({ ticket }) => ticket)
      }),
    )
    const waiting = await newestItems(pagesOf((page) => readEntries(postgres, { userId, ...page })))
    const admissions = await newestItems((last: ExportedAdmission | undefined, limit) =>
      listAdmissionsOf(postgres, { userId, last, limit }),
    )
    return {
      holds: holds.items,
      bookings: bookings.items,
      tickets: tickets.items,
      waiting_list: waiting.items,
      admissions: admissions.items,
      complete: [holds, bookings, tickets, waiting, admissions].every(({ isComplete }) => isComplete),
    }
  })
}

/** A list that is paged by own ids, paged by its items. */
function pagesOf<Item extends { readonly id: string }>(
  read: (page: { beforeId: string | null; limit: number }) => Promise<Item[]>,
) {
  return (last: Item | undefined, limit: number): Promise<Item[]> =>
    read({ beforeId: last === undefined ? null : keyOf(last.id).ownId, limit })
}
