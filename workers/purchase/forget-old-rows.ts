import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { deleteForgottenCommands } from './store/commands.ts'
import { deleteOldProviderEvents } from './store/provider-inbox.ts'

const everyMs = 10_000
/** Keeps each deletion short. */
const batchSize = 200

/**
 * Deletes commands and webhooks once they need not be remembered, every 10 s, until the answer is called. Every instance does,
 * each passing over what another one deletes.
 */
export function startForgettingOldRows({ postgres, log }: WorkerParts): Close {
  const job = startPeriodicJob({ name: 'forget old rows', everyMs, log }, async () => {
    const deleted = [
      await deleteForgottenCommands(postgres, batchSize),
      await deleteOldProviderEvents(postgres, batchSize),
    ]
    return deleted.includes(batchSize)
  })
  return () => job.stop()
}
