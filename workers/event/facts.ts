import type { Fact } from '#shared/facts/fact.ts'
import type { Sale } from './sale-state.ts'

/** The content of a fact about an event; `version` increases with each change. */
export interface ChangedEvent extends Sale {
  readonly id: string
  readonly version: number
}

/** The fact about a change. `what`: the change in one word, such as `published`. */
export function eventFact(what: string, event: ChangedEvent): Fact {
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
