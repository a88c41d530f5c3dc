import { randomUUID } from 'node:crypto'
import type { Contract } from '#shared/contracts/contract.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'

/** Who an importer is to the workers, with all the time that the contract allows. */
export function importContext(contract: Contract): MessageContext {
  return {
    requestId: `import-${randomUUID()}`,
    caller: { role: 'organiser', id: 'import' },
    deadlineAt: performance.now() + contract.deadlineMs,
  }
}
