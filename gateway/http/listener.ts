import type { IncomingMessage, RequestListener } from 'node:http'
import type Logger from 'bunyan'
import { type HostGuard, hasOneHost } from './host-guard.ts'
import type { Answer, Observe } from './observe.ts'

/** Finds the answer to a GET or HEAD, or undefined where another way must answer. Changes and counts nothing. */
export type FindAnswer = (req: IncomingMessage) => Answer | undefined

/**
 * What the server calls for each request, and the one place where its way is decided: public reads, shared pages and refusals that
 * still last are answered here, everything else by Koa.
 */
export function createListener(parts: {
  readonly log: Logger
  readonly observe: Observe
  readonly findPublicRead: FindAnswer
  /** Pages that are the same for everybody, and their files. */
  readonly findPage: FindAnswer
  readonly findRecentRefusal: FindAnswer
  readonly koa: RequestListener
  /** Null: requests may name any host. */
  readonly hostGuard: HostGuard | null
}): RequestListener {
  const { log, observe, findPublicRead, findPage, findRecentRefusal, koa, hostGuard } = parts

  function findAnswer(req: IncomingMessage): Answer | undefined {
    if (req.method !== 'GET' && req.method !== 'HEAD') return undefined
    // Koa refuses them.
    if (!hasOneHost(req) || hostGuard?.isKnownHost(req.headers.host) === false) return undefined
    try {
      return findPublicRead(req) ?? findPage(req) ?? findRecentRefusal(req)
    } catch (error) {
      // A fault here must cost one request at most, not the process.
      log.error({ err: error }, 'no way was found for a request')
      return undefined
    }
  }

  return (req, res) => {
    const answer = findAnswer(req)
    if (answer === undefined) koa(req, res)
    else void observe(req, res, answer)
  }
}
