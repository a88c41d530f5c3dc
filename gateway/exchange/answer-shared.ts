import type { Answer, Origin } from '../cache/reply-cache.ts'
import type { Dependencies } from '../dependencies.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'
import { acceptsGzip } from './accepts-gzip.ts'
import { askWorker } from './ask-worker.ts'
import type { Exchange } from './exchange.ts'
import { sendShared } from './send-shared.ts'

/**
 * Answers from memory, Redis or by asking the worker, whichever comes first with an answer that may be given. A read that names a write
 * which the answer must include is for `answerSince`.
 */
export async function answerShared(exchange: Exchange, read: ReadOfRoute, dependencies: Dependencies): Promise<void> {
  const ask = () => askWorker(exchange, read.route, read.request, dependencies)
  await answerWith(await dependencies.replies.obtain(read, ask), exchange, read, dependencies)
}

/** Sends an answer that was obtained, in the encoding that the client reads. */
export async function answerWith(
  answer: Answer,
  exchange: Exchange,
  read: ReadOfRoute,
  { metrics, recentRequests }: Dependencies,
): Promise<void> {
  const { route, policy, minSeq } = read
  const { reply, origin } = answer
  if (askedOrigins.has(origin)) metrics.cacheMissed(route.path)
  else {
    metrics.cacheHit(route.path)
    // Not at a miss: most of what is asked for once is never asked for again, and to keep the note of each costs more garbage
    // collection than all else. Nor which write must be included: that is not to be seen from the URL alone.
    if (minSeq === null) recentRequests.noteRead(exchange.req.url ?? '', read)
  }
  const representation = acceptsGzip(exchange.req) ? (reply.compressed ?? (await reply.compress())) : reply.plain
  sendShared(exchange, answer, representation, policy)
}

/** A miss is what a worker was asked for; whoever waited for the question of somebody else was spared one. */
const askedOrigins: ReadonlySet<Origin> = new Set(['miss', 'newer'])
