import type { IncomingMessage, ServerResponse } from 'node:http'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { acceptsGzip } from '../exchange/accepts-gzip.ts'
import { askWorker } from '../exchange/ask-worker.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { isRead } from '../exchange/is-read.ts'
import { beginExchange, observe } from '../exchange/observe.ts'
import { refuse } from '../exchange/refuse.ts'
import { sendShared } from '../exchange/send-shared.ts'
import { callerKey } from '../limits/caller-key.ts'
import { type ForeseenRefusal, foresee } from '../limits/foresee.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'

/** An answer that was found without asking anybody. Nothing was done for it yet. */
interface ReadyAnswer {
  readonly endpoint: string
  /** Refusals begin no trace: in any number they must not push out what is worth following. */
  readonly mayRecordNew: boolean
  give(exchange: Exchange): void
}

/**
 * Answers what this gateway knows by itself, within one turn of its loop: shared replies from memory, and refusals that still last.
 * On a busy day that is nearly all. False: nothing was done, and the request goes through all layers, which decide the same.
 */
export function answerAtOnce(dependencies: Dependencies): (req: IncomingMessage, res: ServerResponse) => boolean {
  return (req, res) => {
    const ready = isRead(req) ? findReady(req, dependencies) : undefined
    if (ready === undefined) return false
    const exchange = { req, res, state: beginExchange(req, ready) }
    void observe(exchange, () => ready.give(exchange), dependencies)
    return true
  }
}

/** Whatever fails here fails one request, and only if it fails in the layers, too. */
function findReady(req: IncomingMessage, dependencies: Dependencies): ReadyAnswer | undefined {
  const { clientAddresses, log, recentRequests } = dependencies
  const { url = '', headers, socket } = req
  try {
    const client = clientAddresses.clientOf(socket.remoteAddress ?? '', String(headers['x-forwarded-for'] ?? ''))
    const read = headers.authorization === undefined ? recentRequests.readAt(url) : undefined
    if (read === undefined) return readyRefusal(req, client, dependencies)
    return readyReply(read, req, client, dependencies)
  } catch (error) {
    log.error({ err: error }, 'the fast path failed')
    return undefined
  }
}

/** The reply to a public read, or the refusal of it. */
function readyReply(
  read: ReadOfRoute,
  req: IncomingMessage,
  client: string,
  dependencies: Dependencies,
): ReadyAnswer | undefined {
  const { identity, metrics, replies } = dependencies
  const kept = replies.kept(read)
  if (kept === undefined) return undefined
  const { reply, isStale } = kept
  const representation = acceptsGzip(req) ? reply.compressed : reply.plain
  if (representation === null) return undefined
  const { route, policy } = read
  const caller = callerKey({ client, caller: anonymous, knownAs: '' }, identity.mode)
  const foreseen = foresee({ client, rateClass: route.limit, caller }, dependencies)
  if (foreseen === undefined) return undefined
  if (foreseen.isRefused) return refusal(foreseen, route.path, dependencies)
  const give = (exchange: Exchange): void => {
    const { state } = exchange
    const { limit } = foreseen
    const standing = foreseen.count()
    if (limit !== null) state.limitHeaders = () => limit.headers(standing)
    state.isRoutine = true
    if (isStale) replies.renew(read, () => askWorker(exchange, route, read.request, dependencies))
    metrics.cacheHit(route.path)
    sendShared(exchange, { reply, origin: 'hit' }, representation, policy)
  }
  return { endpoint: route.path, mayRecordNew: true, give }
}

/** The refusal that this caller was given before, if it still lasts. */
function readyRefusal(req: IncomingMessage, client: string, dependencies: Dependencies): ReadyAnswer | undefined {
  const before = dependencies.recentRequests.refusalOf(req, client)
  if (before === undefined) return undefined
  const foreseen = foresee({ client, ...before }, dependencies)
  return foreseen?.isRefused ? refusal(foreseen, before.endpoint, dependencies) : undefined
}

function refusal(foreseen: ForeseenRefusal, endpoint: string, dependencies: Dependencies): ReadyAnswer {
  return {
    // The address is counted before the route is known.
    endpoint: foreseen.limit.rateClass === 'address' ? '(none)' : endpoint,
    mayRecordNew: false,
    give: (exchange) => refuse(exchange, foreseen.limit, foreseen.count(), dependencies),
  }
}
