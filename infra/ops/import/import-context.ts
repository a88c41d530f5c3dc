import { randomUUID } from 'node:crypto'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'

/** Asks a worker as an importer, with all the time that the contract allows. Throws what it refuses with. */
export function ask<C extends Contract>(bus: Bus, contract: C, request: RequestOf<C>): Promise<ReplyOf<C>> {
  const context: MessageContext = {
    requestId: `import-${randomUUID()}`,
    caller: { role: 'organiser', id: 'import' },
    deadlineAt: performance.now() + contract.deadlineMs,
  }
  return call(bus, contract, request, context)
}

/** The event of that id, or `null` when there is none. */
export async function findEvent(bus: Bus, eventId: string): Promise<ReplyOf<typeof viewEvent> | null> {
  try {
    return await ask(bus, viewEvent, { event_id: eventId })
  } catch (error) {
    if (error instanceof TicketingError && error.code === 'event_not_found') return null
    throw error
  }
}
