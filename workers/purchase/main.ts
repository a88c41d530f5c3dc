import { runWorker } from '#shared/worker.ts'
import { purchaseWorker } from './purchase-worker.ts'

await runWorker(purchaseWorker)
