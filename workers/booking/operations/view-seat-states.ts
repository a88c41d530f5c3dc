import { viewSeatStates as contract } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { awaitWrite } from '../await-write.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { packSeatStates } from '../seat-states.ts'
import { snapshotStates } from '../store/seat-views.ts'

/**
 * All states of one snapshot. Its `seq` says which writes it includes; with `min_seq` it includes that write. An event without stock has no
 * states.
 */
export function viewSeatStates({ postgres, bus }: { postgres: Database; bus: Bus }): Operation {
  return operation(contract, async ({ event_id: eventId, min_seq: minSeq }, context) => {
    if (minSeq !== undefined) await awaitWrite(postgres, minSeq, context)
    const { seq, sale, rows, areas } = await snapshotStates(postgres, eventId)
    if (sale === null) await refuseUnknownEvent(bus, eventId, context)
    context.tellSeq(seq)
    return {
      event_id: eventId,
      seq,
      version: sale?.version ?? 0,
      ...packSeatStates(rows),
      areas,
      waited_for: sale?.waitedFor ?? [],
    }
  })
}
