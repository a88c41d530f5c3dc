import { runWorker } from '#shared/process/worker.ts'
import { eventWorker } from './event-worker.ts'

await runWorker(eventWorker)
