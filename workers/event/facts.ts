import type { Fact } from '#shared/facts/fact.ts'
import type { Sale } from './sale-state.ts'

/** What the world is told of an event after a change: `version` is higher with each one. */
export interface ToldEvent extends Sale {
  readonly id: string
  readonly version: number
}

/** `what` is the change in one word, such as `published`. */
export function eventFact(what: string, event: ToldEvent): Fact {
  return {
    entity: 'event',
    eventId: event.id,
    what,
    payload: {
      version: event.version,
      status: event.status,
      sale_status: event.saleStatus,
      on_sale_at: event.onSaleAt?.toISOString() ?? null,
      off_sale_at: event.offSaleAt.toISOString(),
    },
  }
}
