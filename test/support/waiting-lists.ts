import type { RequestOf } from '#shared/contracts/contract.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import { joinWaitingList, leaveWaitingList, viewWaitingEntry } from '#shared/contracts/waiting-list.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { SoldShares } from '../../workers/booking/sold-shares.ts'
import { WaitingListMetrics } from '../../workers/booking/waiting-list/metrics.ts'
import { offerPlaces } from '../../workers/booking/waiting-list/offer-places.ts'
import type { BookingWorkers, House } from './booking-workers.ts'
import { silentLog } from './silent-log.ts'
import { sweepAll } from './sweep-all.ts'

type Parts = Parameters<typeof offerPlaces>[0]

/** What serving lists needs, as a booking worker has it. */
export function waitingListParts(postgres: Parts['postgres']): Parts {
  const metrics = new WaitingListMetrics(new Metrics('test'))
  return { postgres, shares: new SoldShares(), log: silentLog, metrics, offerMs: 1_800_000 }
}

export type Joining = Partial<RequestOf<typeof joinWaitingList>>

export const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

/** Waiting lists of events that these workers sell. */
export function waitingListsOf(workers: BookingWorkers) {
  /** Ends what is due, and offers what is free to those who wait for it, as a worker does once a second. */
  const serve = async (): Promise<void> => {
    await sweepAll(workers.postgres)
    const parts = waitingListParts(workers.postgres)
    while (await offerPlaces(parts));
  }

  /** What buyers do with the list of an event, and see of it. */
  const listOf = (eventId: string) => {
    const entry = (as: string) => workers.ask(viewWaitingEntry, { event_id: eventId }, { as })
    return {
      eventId,
      entry,
      join: (as: string, wish: Joining = {}) =>
        workers.ask(joinWaitingList, { event_id: eventId, qty: 1, ...wish }, { as }),
      leave: (as: string) => workers.ask(leaveWaitingList, { event_id: eventId }, { as }),
      /** Statuses of the entries of these buyers: `offered waiting`. */
      async statuses(...buyers: string[]): Promise<string> {
        return (await Promise.all(buyers.map(entry))).map(({ status }) => status).join(' ')
      },
      /** The hold that a buyer is offered. */
      offer: async (as: string) => ({ id: (await entry(as)).hold_id ?? '', user_id: as }),
    }
  }

  /** A row of seats, each held by a buyer named after it. `free` releases the holds of seats. */
  const fullHouse = async (seats: number, house: House = {}) => {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: seats, ...house })
    const seatNos = Array.from({ length: seats }, (_, seatNo) => seatNo)
    const holds = await Promise.all(seatNos.map((seatNo) => workers.hold(eventId, [seatNo], `seat-${seatNo}`)))
    const holdOf = (seatNo: number): Hold => holds[seatNo] as Hold
    const free = async (...freed: number[]) => {
      for (const seatNo of freed) await workers.release(holdOf(seatNo))
    }
    return { ...listOf(eventId), holdOf, free }
  }

  return { listOf, fullHouse, serve }
}
