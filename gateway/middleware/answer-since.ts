import type { Dependencies } from '../dependencies.ts'
import { answerWith } from '../exchange/answer-shared.ts'
import { askWorker } from '../exchange/ask-worker.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'
import type { Context } from './state.ts'

/** As `answerShared`, only with what includes the write `minSeq`. */
export async function answerSince(
  minSeq: bigint,
  ctx: Context,
  read: ReadOfRoute,
  dependencies: Dependencies,
): Promise<void> {
  const { route, request } = read
  const ask = (wanted: Record<string, unknown>) => askWorker(ctx, route, wanted, dependencies)
  const answer = await dependencies.replies.obtainSince(minSeq, read, () => ask(request))
  if (answer !== null) return answerWith(answer, ctx, read, dependencies)
  // The number of a snapshot says what it includes for certain, and an old transaction that is still under way keeps it low: only
  // the database can say whether this one write is in it.
  dependencies.metrics.cacheMissed(route.path)
  const { body } = await ask({ ...request, min_seq: String(minSeq) })
  ctx.set('Cache-Control', 'no-store')
  ctx.set('Cache-Status', 'gateway; fwd=request')
  ctx.type = 'application/json'
  ctx.body = Buffer.from(body)
}
