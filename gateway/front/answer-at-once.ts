import type { IncomingMessage, ServerResponse } from 'node:http'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { acceptsGzip } from '../exchange/accepts-gzip.ts'
import { askWorker } from '../exchange/ask-worker.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { beginObservation, observe } from '../exchange/observe.ts'
import { refuse } from '../exchange/refuse.ts'
import { sendShared } from '../exchange/send-shared.ts'
import { callerKey } from '../limits/caller-key.ts'
import { type ForeseenRefusal, foresee } from '../limits/foresee.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'
import { isRead } from './known.ts'

/** An answer that was found without asking anybody. Nothing was done for it yet. */
interface ReadyAnswer {
  readonly endpoint: string
  /** Whether a trace may begin with it. Refusals in any number must not push out what is worth following. */
  readonly beginsTrace: boolean
  give(exchange: Exchange): void
}

/**
 * Answers what this gateway knows by itself, within one turn of its loop: shared replies from memory, and refusals that still last.
 * On a busy day that is nearly all. False: nothing was done, and the request goes through all layers, which decide the same.
 */
export function answerAtOnce(dependencies: Dependencies): (req: IncomingMessage, res: ServerResponse) => boolean {
  const { clientAddresses, known } = dependencies
  return (req, res) => {
    if (!isRead(req)) return false
    const { url = '', headers, socket } = req
    const client = clientAddresses.clientOf(socket.remoteAddress ?? '', String(headers['x-forwarded-for'] ?? ''))
    const read = headers.authorization === undefined ? known.readAt(url) : undefined
    const ready =
      read === undefined ? readyRefusal(req, client, dependencies) : readyReply(read, req, client, dependencies)
    if (ready === undefined) return false
    const exchange = { req, res, state: beginObservation(req, ready.endpoint, ready.beginsTrace) }
    void observe(exchange, () => ready.give(exchange), dependencies)
    return true
  }
}

/** The reply to a public read, or the refusal of it. */
function readyReply(
  read: ReadOfRoute,
  req: IncomingMessage,
  client: string,
  dependencies: Dependencies,
): ReadyAnswer | undefined {
  const { identity, limits, metrics, replies, requestLimits } = dependencies
  const kept = replies.kept(read)
  if (kept === undefined) return undefined
  const { reply, isStale } = kept
  const representation = acceptsGzip(req) ? reply.compressed : reply.plain
  if (representation === null) return undefined
  const { route, policy } = read
  const caller = callerKey({ client, caller: anonymous, knownAs: '' }, identity.mode)
  const foreseen = foresee(
    [
      ['address', client],
      [route.limit, caller],
    ],
    requestLimits,
    limits,
  )
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
  return { endpoint: route.path, beginsTrace: true, give }
}

/** The refusal that this caller was given before, if it still lasts. */
function readyRefusal(req: IncomingMessage, client: string, dependencies: Dependencies): ReadyAnswer | undefined {
  const before = dependencies.known.refusalOf(req, client)
  if (before === undefined) return undefined
  const { endpoint, rateClass, caller } = before
  const { limits, requestLimits } = dependencies
  const foreseen = foresee(
    [
      ['address', client],
      [rateClass, caller],
    ],
    requestLimits,
    limits,
  )
  return foreseen?.isRefused ? refusal(foreseen, endpoint, dependencies) : undefined
}

function refusal(foreseen: ForeseenRefusal, endpoint: string, dependencies: Dependencies): ReadyAnswer {
  return {
    endpoint,
    beginsTrace: false,
    give: (exchange) => refuse(exchange, foreseen.limit, foreseen.count(), dependencies),
  }
}
