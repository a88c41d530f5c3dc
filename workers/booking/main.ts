import { runWorker } from '#shared/worker.ts'
import { bookingWorker } from './booking-worker.ts'

await runWorker(bookingWorker)
