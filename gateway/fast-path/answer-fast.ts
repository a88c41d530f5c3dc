import type { IncomingMessage, ServerResponse } from 'node:http'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { acceptsGzip } from '../exchange/accepts-gzip.ts'
import { answerShared } from '../exchange/answer-shared.ts'
import { askWorker } from '../exchange/ask-worker.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { isRead } from '../exchange/is-read.ts'
import { beginExchange, observe } from '../exchange/observe.ts'
import { refuse } from '../exchange/refuse.ts'
import { sendShared } from '../exchange/send-shared.ts'
import { callerKey } from '../limits/caller-key.ts'
import { type ForeseenRefusal, foresee, knownAsker } from '../limits/foresee.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'
import type { ShareableRoute } from '../routes/route.ts'
import { publicReadAt, understandRead } from './public-read.ts'

/** An answer that needs no layers. Nothing was done for it yet. */
interface FastAnswer {
  readonly endpoint: string
  /** Refusals begin no trace: in any number they must not push out what is worth following. */
  readonly mayRecordNew: boolean
  give(exchange: Exchange): Promise<void> | void
}

/**
 * Answers public reads and refusals that still last without the layers; what is in memory within one turn of the loop. On a busy day
 * that is nearly all. False: nothing was done, and the request goes through all layers, which decide the same.
 */
export function answerFast(dependencies: Dependencies): (req: IncomingMessage, res: ServerResponse) => boolean {
  const { log, metrics } = dependencies
  return (req, res) => {
    const answer = isRead(req) ? fastAnswerTo(req, dependencies) : undefined
    if (answer === undefined) return false
    const exchange = { req, res, state: beginExchange(req, answer) }
    const underWay = observe(exchange, () => answer.give(exchange), dependencies)
    if (underWay === undefined) return true
    metrics.requestBegan()
    const breakOff = (error: unknown): void => {
      log.error({ err: error }, 'an answer broke off')
      res.destroy()
    }
    void underWay.catch(breakOff).finally(() => metrics.requestEnded())
    return true
  }
}

/** Whatever fails here fails one request, and only if it fails in the layers, too. */
function fastAnswerTo(req: IncomingMessage, dependencies: Dependencies): FastAnswer | undefined {
  const { log, recentRequests } = dependencies
  const { url = '', headers } = req
  try {
    // Organisers are answered otherwise.
    const mayBeShared = headers.authorization === undefined
    const noted = mayBeShared ? recentRequests.readAt(url) : undefined
    if (noted !== undefined) {
      const answerNoted = () => keptReply(noted, req, dependencies) ?? answerOf(noted, dependencies)
      return fastRead(req, noted.route, answerNoted, dependencies)
    }
    const refused = fastRefusal(req, dependencies)
    const found = refused === undefined && mayBeShared ? publicReadAt(url) : undefined
    if (found === undefined) return refused
    const answerFound = () => {
      const read = understandRead(found)
      // Also what is in memory: asking for it notes the read, so that it need not be understood again.
      return read && answerOf(read, dependencies)
    }
    return fastRead(req, found.route, answerFound, dependencies)
  } catch (error) {
    log.error({ err: error }, 'the fast path failed')
    return undefined
  }
}

type GiveAnswer = (exchange: Exchange) => Promise<void> | void

/** The answer to a public read, or the refusal of it. Limits come first: who has too many is not to cost what `findAnswer` does. */
function fastRead(
  { headers, socket }: IncomingMessage,
  { limit: rateClass, path }: ShareableRoute,
  findAnswer: () => GiveAnswer | undefined,
  dependencies: Dependencies,
): FastAnswer | undefined {
  const { clientAddresses, identity, leasedLimits, limits } = dependencies
  if (limits === null) {
    const give = findAnswer()
    return give && { endpoint: path, mayRecordNew: true, give }
  }
  const client = clientAddresses.clientOf(socket.remoteAddress ?? '', String(headers['x-forwarded-for'] ?? ''))
  const caller = callerKey({ client, caller: anonymous, knownAs: '' }, identity.mode)
  const foreseen = foresee(knownAsker({ client, rateClass, caller }, { limits, leasedLimits }))
  if (foreseen === undefined) return undefined
  if (foreseen.isRefused) return refusal(foreseen, path, dependencies)
  const answer = findAnswer()
  if (answer === undefined) return undefined
  const give = (exchange: Exchange): Promise<void> | void => {
    const { limit } = foreseen
    const standing = foreseen.count()
    exchange.state.limitHeaders = () => limit.headers(standing)
    return answer(exchange)
  }
  return { endpoint: path, mayRecordNew: true, give }
}

/** From wherever it is found first. */
function answerOf(read: ReadOfRoute, dependencies: Dependencies): GiveAnswer {
  return (exchange) => answerShared(exchange, read, dependencies)
}

/** The reply that is in memory; undefined: there is none that may be given, or not in the encoding that the client reads. */
function keptReply(read: ReadOfRoute, req: IncomingMessage, dependencies: Dependencies): GiveAnswer | undefined {
  const { metrics, replies } = dependencies
  const kept = replies.kept(read)
  if (kept === undefined) return undefined
  const { reply, isStale } = kept
  const representation = acceptsGzip(req) ? reply.compressed : reply.plain
  if (representation === null) return undefined
  return (exchange) => {
    if (isStale) replies.renew(read, () => askWorker(exchange, read.route, read.request, dependencies))
    metrics.cacheHit(read.route.path)
    sendShared(exchange, { reply, origin: 'hit' }, representation, read.policy)
  }
}

/** The refusal that this caller was given before, if it still lasts. */
function fastRefusal(req: IncomingMessage, dependencies: Dependencies): FastAnswer | undefined {
  const before = dependencies.recentRequests.refusalOf(req)
  if (before === undefined) return undefined
  const foreseen = foresee(before.asker)
  return foreseen?.isRefused ? refusal(foreseen, before.endpoint, dependencies) : undefined
}

function refusal(foreseen: ForeseenRefusal, endpoint: string, dependencies: Dependencies): FastAnswer {
  return {
    // The address is counted before the route is known.
    endpoint: foreseen.limit.rateClass === 'address' ? '(none)' : endpoint,
    mayRecordNew: false,
    give: (exchange) => refuse(exchange, foreseen.limit, foreseen.count(), dependencies),
  }
}
