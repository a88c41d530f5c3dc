import { randomUUID } from 'node:crypto'
import { errorCodeOf, invalidRequest, TicketingError } from '#shared/errors.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { decodeJson, overloaded } from '#shared/messaging/message.ts'
import type { Mode } from '../identity/identify.ts'
import type { ConcurrencyLimit } from '../limits/concurrency-limit.ts'
import { type AnswerRead, readOf } from '../reads/answer-read.ts'
import { isPaged, nextPageLink } from '../routes/next-page.ts'
import { parseQuery, parseRequest } from '../routes/parse-request.ts'
import type { Perform } from '../routes/perform.ts'
import { isCacheable, type Outcome, type Route, successesOf, type Unanswered } from '../routes/route.ts'
import type { Context, Middleware } from './context.ts'

export interface AnswerParts {
  readonly perform: Perform
  /** Extends the session of a pass. Throws `pass_expired` if it has ended. */
  readonly keepSession: (eventId: string, context: MessageContext) => Promise<void>
  readonly answerRead: AnswerRead
  readonly mode: Mode
  /** Limits requests that take a hold, by how many of these and of payments are in flight. */
  readonly newHolds: ConcurrencyLimit
}

/** Passes are never longer than this. */
const longestPass = 1_024

/** The last middleware of a route: parses the request, then answers from the cache or by calling the worker. */
export function answerRoute(
  route: Route,
  { perform, keepSession, answerRead, mode, newHolds }: AnswerParts,
): Middleware {
  return async (ctx) => {
    const { request, caller } = ctx.state
    const parsed = parse(ctx, route, mode)
    // Organisers also see drafts, so their answers are not cached for others.
    if (isCacheable(route) && caller.role !== 'organiser') {
      await answerRead(request, readOf(route, parsed))
      return
    }
    if (route.needsIdempotencyKey && mode === 'jwt' && ctx.state.idempotencyKey === undefined) {
      throw new TicketingError('idempotency_key_required', 'Send an Idempotency-Key header of your choice.')
    }
    const idempotencyKey = ctx.state.idempotencyKey ?? (route.unanswered && randomUUID())
    const queuePass = ctx.get('queue-pass').slice(0, longestPass)
    const context = {
      requestId: request.requestId,
      caller,
      deadlineAt: performance.now() + route.contract.deadlineMs,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(queuePass === '' ? {} : { queuePass }),
    }
    const eventId = route.takesPlacesOf?.(parsed)
    if (eventId !== undefined) await keepSession(eventId, context)
    const done = beginHold(route, parsed, newHolds)
    if (done === null) throw overloaded()
    const reply = await perform(route.contract, parsed, context)
      .catch((error: unknown) => {
        if (idempotencyKey === undefined || errorCodeOf(error) !== 'worker_timeout') throw error
        return unanswered(route, idempotencyKey, error)
      })
      .finally(done)
    ctx.set('Cache-Control', 'private, no-store')
    if ('location' in reply) {
      ctx.status = 202
      // In demo mode, too, only its caller may see how the command ended.
      ctx.set(
        'Location',
        mode === 'demo' ? `${reply.location}?user_id=${encodeURIComponent(caller.id)}` : reply.location,
      )
      ctx.body = reply.body
      return
    }
    const { body, replayed } = reply
    if (replayed) ctx.set('Idempotency-Replayed', 'true')
    const outcome: Outcome = route.outcome?.(decodeJson(body)) ?? {}
    const { status = successesOf(route)[0], location } = outcome
    ctx.status = status
    if (location !== undefined) ctx.set('Location', location)
    if (status === 204) return
    const link = isPaged(route) ? nextPageLink(parseQuery(ctx.querystring), body) : undefined
    if (link !== undefined) ctx.set('Link', link)
    if (route.fileName !== undefined) ctx.set('Content-Disposition', `attachment; filename="${route.fileName}"`)
    ctx.type = 'application/json'
    ctx.body = Buffer.from(body)
  }
}

/** Where to read the result of a command whose worker did not answer. Throws `error` if the route has no such place. */
function unanswered(route: Route, idempotencyKey: string, error: unknown): Unanswered {
  if (route.unanswered === undefined) throw error
  return route.unanswered.of(idempotencyKey)
}

/** As `ConcurrencyLimit.begin`; undefined for requests that neither take nor pay for a hold. */
function beginHold({ takesHold }: Route, parsed: Record<string, unknown>, newHolds: ConcurrencyLimit) {
  if (takesHold === undefined) return undefined
  if (takesHold === 'alone') return newHolds.begin()
  // A purchase's time depends on the payment provider more than on our workers, so it is not judged. That of a hold is never refused, but it
  // costs many times what a hold does: while many are in flight, fewer new holds are admitted.
  return parsed.hold_id === undefined ? newHolds.begin({ isJudged: false }) : newHolds.count()
}

/** The request of the route's contract, without `user_id`, which names the caller. Throws `validation_failed`. */
function parse(ctx: Context, route: Route, mode: Mode): Record<string, unknown> {
  const pathParameters = ctx.params as Record<string, string>
  const query = parseQuery(ctx.querystring)
  const isCaller = route.access === 'caller'
  const { user_id: _ofQuery, ...queryMembers } = query
  if (route.method === 'GET') return parseRequest(route, isCaller ? queryMembers : query, pathParameters)
  const [unknown] = Object.keys(isCaller ? queryMembers : query)
  if (unknown !== undefined)
    throw invalidRequest([
      {
        pointer: `/${unknown}`,
        detail: isCaller ? 'is unknown; the only parameter is user_id' : 'is unknown; this route has no parameters',
      },
    ])
  const { user_id: _ofBody, ...bodyMembers } = ctx.state.body
  const members = isCaller ? bodyMembers : ctx.state.body
  const isBare = Object.keys(members).length === 0
  return parseRequest(route, isBare && mode === 'demo' ? (route.demoBody ?? members) : members, pathParameters)
}
