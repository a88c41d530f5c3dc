import { viewTicketKeys as contract } from '#shared/contracts/tickets.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { TicketCodes } from '../ticket-codes.ts'

/** For doors that check codes without a network. */
export function viewTicketKeys({ codes }: { codes: TicketCodes }): Operation {
  return operation(contract, async () => ({ keys: [...codes.publicKeys] }))
}
