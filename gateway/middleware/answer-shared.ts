import { callRaw } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { inTrace } from '#shared/observability/tracing.ts'
import { cacheKey } from '../cache/cache-key.ts'
import type { Ask, Origin, SharedRead } from '../cache/reply-cache.ts'
import type { Dependencies } from '../dependencies.ts'
import type { ShareableRoute } from '../routes/route.ts'
import { sendShared } from './send-shared.ts'
import type { Context } from './state.ts'

/** A checked request to a shareable route. */
export interface ReadOfRoute extends SharedRead {
  readonly route: ShareableRoute
  readonly request: Record<string, unknown>
  /** The write that the answer must include. */
  readonly minSeq: bigint | null
}

export function sharedReadOf(route: ShareableRoute, request: Record<string, unknown>): ReadOfRoute {
  const { share } = route
  // Whichever write it must include, it is the same reply.
  const { min_seq: minSeq, ...keyed } = request
  return {
    route,
    request: keyed,
    policy: share,
    tags: share.tags(request),
    key: cacheKey(route.path, keyed),
    minSeq: minSeq === undefined ? null : BigInt(minSeq as string),
  }
}

/** Answers from memory, Redis or by asking the worker, whichever comes first with an answer that may be given. */
export function answerShared(ctx: Context, read: ReadOfRoute, dependencies: Dependencies): Promise<void> | void {
  if (read.minSeq !== null) return answerSince(read.minSeq, ctx, read, dependencies)
  const { replies, metrics } = dependencies
  const ask: Ask = () => askWorker(ctx, read, read.request, dependencies)
  const reply = replies.fromMemory(read, ask)
  if (reply === undefined) return answerObtained(ctx, read, ask, dependencies)
  ctx.state.isRoutine = true
  metrics.cacheHit(read.route.path)
  return sendShared(ctx, { reply, origin: 'hit' }, read.policy)
}

async function answerObtained(ctx: Context, read: ReadOfRoute, ask: Ask, dependencies: Dependencies): Promise<void> {
  const answer = await dependencies.replies.obtain(read, ask)
  countOrigin(ctx, read, answer.origin, dependencies)
  await sendShared(ctx, answer, read.policy)
}

async function answerSince(minSeq: bigint, ctx: Context, read: ReadOfRoute, dependencies: Dependencies): Promise<void> {
  const answer = await dependencies.replies.obtainSince(minSeq, read, () =>
    askWorker(ctx, read, read.request, dependencies),
  )
  if (answer !== null) {
    countOrigin(ctx, read, answer.origin, dependencies)
    return sendShared(ctx, answer, read.policy)
  }
  // The number of a snapshot says what it includes for certain, and an old transaction that is still under way keeps it low: only
  // the database can say whether this one write is in it.
  dependencies.metrics.cacheMissed(read.route.path)
  const { body } = await askWorker(ctx, read, { ...read.request, min_seq: String(minSeq) }, dependencies)
  ctx.set('Cache-Control', 'no-store')
  ctx.set('Cache-Status', 'gateway; fwd=request')
  ctx.type = 'application/json'
  ctx.body = Buffer.from(body)
}

function askWorker(
  ctx: Context,
  { route }: ReadOfRoute,
  request: Record<string, unknown>,
  { bus }: Dependencies,
): ReturnType<Ask> {
  // Everybody gets what is answered: it is asked for in nobody's name.
  const context = {
    requestId: ctx.state.requestId,
    caller: anonymous,
    deadlineAt: performance.now() + route.contract.deadlineMs,
  }
  return inTrace(ctx.state.trace, () => callRaw(bus, route.contract, request, context))
}

/** A miss is what a worker was asked for; whoever waited for the question of somebody else was spared one. */
function countOrigin(ctx: Context, { route }: ReadOfRoute, origin: Origin, { metrics }: Dependencies): void {
  const isAsked = origin === 'miss' || origin === 'newer'
  ctx.state.isRoutine = !isAsked
  if (isAsked) metrics.cacheMissed(route.path)
  else metrics.cacheHit(route.path)
}
