import { join } from 'node:path'
import { runWorker } from '#shared/worker.ts'
import { settings } from './config.ts'
import { eventOperations } from './operations/all-operations.ts'

await runWorker({
  worker: 'event',
  settings,
  migrationsDirectory: join(import.meta.dirname, 'migrations'),
  operations: eventOperations,
})
