import { runWorker } from '#shared/process/worker.ts'
import { bookingWorker } from './booking-worker.ts'

await runWorker(bookingWorker)
