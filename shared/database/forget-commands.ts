import type Logger from 'bunyan'
import { startChore } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { type CommandSchema, forgetCommands } from './idempotency.ts'
import type { Postgres } from './postgres.ts'

const everyMs = 60_000
/** Keeps each deletion short. */
const batchSize = 1_000

/**
 * Deletes replies to commands once they need not be remembered, every minute, until the answer is called. Every instance of
 * a worker does, each passing over what another one deletes.
 */
export function startForgettingCommands(parts: {
  readonly postgres: Postgres
  readonly schema: CommandSchema
  readonly log: Logger
}): Close {
  const { postgres, schema, log } = parts
  const chore = startChore({ name: 'forget commands', everyMs, log }, async () => {
    return (await forgetCommands(postgres, schema, batchSize)) === batchSize
  })
  return () => chore.stop()
}
