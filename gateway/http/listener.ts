import type { IncomingMessage, RequestListener } from 'node:http'
import type Logger from 'bunyan'
import { type HostGuard, hasOneHost } from './host-guard.ts'
import type { Answer, Observe } from './observe.ts'

/** Finds the answer to a GET or HEAD; undefined leaves the request to the next handler. Has no side effects. */
export type FindAnswer = (req: IncomingMessage) => Answer | undefined

/**
 * The server's listener for every request. It answers public reads, shared pages and repeated refusals itself, and passes everything else
 * to Koa.
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
    // Koa refuses these requests.
    if (!hasOneHost(req) || hostGuard?.isKnownHost(req.headers.host) === false) return undefined
    try {
      return findPublicRead(req) ?? findPage(req) ?? findRecentRefusal(req)
    } catch (error) {
      // A bug here may cost one request, never the process.
      log.error({ err: error }, 'a request could not be matched')
      return undefined
    }
  }

  return (req, res) => {
    const answer = findAnswer(req)
    if (answer === undefined) koa(req, res)
    else void observe(req, res, answer)
  }
}
