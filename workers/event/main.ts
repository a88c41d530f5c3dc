import { runWorker } from '#shared/worker.ts'
import { eventWorker } from './event-worker.ts'

await runWorker(eventWorker)
