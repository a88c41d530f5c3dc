import type { Answer, Ask, Origin } from '../cache/reply-cache.ts'
import type { Dependencies } from '../dependencies.ts'
import { acceptsGzip } from '../exchange/accepts-gzip.ts'
import { askWorker } from '../exchange/ask-worker.ts'
import { sendShared } from '../exchange/send-shared.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'
import type { Context } from './state.ts'

/** Answers from memory, Redis or by asking the worker, whichever comes first with an answer that may be given. */
export async function answerShared(ctx: Context, read: ReadOfRoute, dependencies: Dependencies): Promise<void> {
  const ask: Ask = () => askWorker(ctx, read.route, read.request, dependencies)
  if (read.minSeq !== null) return answerSince(read.minSeq, ctx, read, ask, dependencies)
  await answerWith(await dependencies.replies.obtain(read, ask), ctx, read, dependencies)
}

async function answerSince(
  minSeq: bigint,
  ctx: Context,
  read: ReadOfRoute,
  ask: Ask,
  dependencies: Dependencies,
): Promise<void> {
  const answer = await dependencies.replies.obtainSince(minSeq, read, ask)
  if (answer !== null) return answerWith(answer, ctx, read, dependencies)
  // The number of a snapshot says what it includes for certain, and an old transaction that is still under way keeps it low: only
  // the database can say whether this one write is in it.
  dependencies.metrics.cacheMissed(read.route.path)
  const { body } = await askWorker(ctx, read.route, { ...read.request, min_seq: String(minSeq) }, dependencies)
  ctx.set('Cache-Control', 'no-store')
  ctx.set('Cache-Status', 'gateway; fwd=request')
  ctx.type = 'application/json'
  ctx.body = Buffer.from(body)
}

async function answerWith(
  answer: Answer,
  ctx: Context,
  read: ReadOfRoute,
  { metrics, recentRequests }: Dependencies,
): Promise<void> {
  const { route, policy, minSeq } = read
  const { reply, origin } = answer
  const isAsked = askedOrigins.has(origin)
  ctx.state.isRoutine = !isAsked
  if (isAsked) metrics.cacheMissed(route.path)
  else {
    metrics.cacheHit(route.path)
    // Not at a miss: most of what is asked for once is never asked for again, and to keep the note of each costs more garbage
    // collection than all else. Nor which write must be included: that is not to be seen from the URL alone.
    if (minSeq === null) recentRequests.noteRead(ctx.req.url ?? '', read)
  }
  const representation = acceptsGzip(ctx.req) ? (reply.compressed ?? (await reply.compress())) : reply.plain
  sendShared(ctx, answer, representation, policy)
}

/** A miss is what a worker was asked for; whoever waited for the question of somebody else was spared one. */
const askedOrigins: ReadonlySet<Origin> = new Set(['miss', 'newer'])
