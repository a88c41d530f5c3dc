import { runWorker } from '#shared/process/worker.ts'
import { purchaseWorker } from './purchase-worker.ts'

await runWorker(purchaseWorker)
