import type { IncomingMessage, RequestListener } from 'node:http'
import type { Connections } from './client-error.ts'
import type { Answer, Observe } from './observe.ts'

/** Finds the answer to a GET or HEAD, or undefined where another way must answer. Changes and counts nothing. */
export type FindAnswer = (req: IncomingMessage) => Answer | undefined

/**
 * What the server calls for each request, and the one place where its way is decided: public reads and refusals that still last are
 * answered here, everything else by Koa.
 */
export function createListener(parts: {
  readonly observe: Observe
  readonly findPublicRead: FindAnswer
  readonly findRecentRefusal: FindAnswer
  readonly koa: RequestListener
  readonly connections: Connections
}): RequestListener {
  const { observe, findPublicRead, findRecentRefusal, koa, connections } = parts
  return (req, res) => {
    connections.remember(req, res)
    const isRead = req.method === 'GET' || req.method === 'HEAD'
    const answer = isRead ? (findPublicRead(req) ?? findRecentRefusal(req)) : undefined
    if (answer === undefined) koa(req, res)
    else void observe(req, res, answer)
  }
}
