import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { viewQueuePlace } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import { ownerDigest } from '#shared/facts/places.ts'
import { anonymous, type Caller, user } from '#shared/messaging/caller.ts'
import type { Connections } from '../http/connections.ts'
import type { Cors } from '../http/cors.ts'
import type { IdentifyOptions } from '../identity/identify.ts'
import type { Context, Middleware, OwnRoute } from '../koa/context.ts'
import type { LimitFailures, RateLimit } from '../koa/rate-limit.ts'
import { readCredentials, sessionCookieName, settleCaller } from '../koa/read-caller.ts'
import { rateLimitKey } from '../limits/rate-limits.ts'
import { parseQuery, parseRequest } from '../routes/parse-request.ts'
import type { WaitingRooms } from '../waiting-room/waiting-rooms.ts'
import type { OpenConnection, StreamHub, StreamWish } from './hub.ts'
import { SharedPlaces } from './place.ts'
import { streamRequest } from './request.ts'

interface StreamRouteParts {
  readonly hub: StreamHub
  readonly connections: Connections
  readonly identity: IdentifyOptions
  readonly rateLimit: RateLimit
  readonly limitFailures: LimitFailures
  readonly cors: Cors | null
  /** Null: events have no waiting rooms. */
  readonly rooms: WaitingRooms | null
}

/** `GET /events/:event_id/seats/stream`. */
export function seatStreamRoute(parts: StreamRouteParts): OwnRoute {
  const { hub, connections, identity, rateLimit, limitFailures, cors, rooms } = parts
  const places = new SharedPlaces()
  const open: Middleware = async (ctx) => {
    const wanted = parseRequest(
      { contract: { request: streamRequest }, method: 'GET' },
      parseQuery(ctx.querystring),
      ctx.params as Record<string, string>,
    ) as z.output<typeof streamRequest>
    const caller = await callerOf(ctx, identity)
    const askPlace = placeQuestion({ rooms, places }, wanted, caller)
    if (cors !== null) ctx.state.request.headers.push(...cors.ofPublicReads)
    if (ctx.method === 'HEAD') {
      sendHead(ctx)
      ctx.res.end()
      return
    }
    const lastEventId = ctx.get('last-event-id')
    const wish = {
      eventId: wanted.event_id,
      section: wanted.section ?? null,
      from: lastEventId === '' ? (wanted.from ?? null) : lastEventId,
      caller: rateLimitKey(identity.mode, ctx.state.client, caller, caller.id),
      owner: caller.role === 'user' ? ownerDigest(wanted.event_id, caller.id) : null,
      askPlace,
    }
    await hub.open(wish, () => begin(ctx, connections))
  }
  const limit = rateLimit('browse', (ctx) => ctx.state.rateLimitKey)
  const known = [readCredentials('public', identity, limitFailures), settleCaller('public', identity)]
  return { method: 'GET', path: '/events/:event_id/seats/stream', middleware: [...known, limit, open] }
}

/**
 * Whose holds are told: the token's user, or the cookie's. An expired cookie must not prevent a stream: a browser's EventSource could
 * neither tell why nor leave the cookie out.
 */
async function callerOf(ctx: Context, { verifyToken }: IdentifyOptions): Promise<Caller> {
  const { caller } = ctx.state
  const cookie = ctx.cookies.get(sessionCookieName)
  if (caller.role !== 'anonymous' || cookie === undefined) return caller
  return verifyToken(cookie).then(user, () => anonymous)
}

/** Asks for the named place of the caller. Throws `not_found` unless it is theirs, for this event. */
function placeQuestion(
  { rooms, places }: { readonly rooms: WaitingRooms | null; readonly places: SharedPlaces },
  { place: placeId, event_id: eventId }: z.output<typeof streamRequest>,
  caller: Caller,
): StreamWish['askPlace'] {
  if (placeId === undefined) return null
  if (rooms === null || caller.role !== 'user' || !rooms.isPlaceOf(placeId, { userId: caller.id, eventId })) {
    throw new TicketingError('not_found', 'You have no such place.')
  }
  const { deadlineMs } = viewQueuePlace
  const ask = () => rooms.view(placeId, { requestId: randomUUID(), caller, deadlineAt: performance.now() + deadlineMs })
  return () => places.view(placeId, ask)
}

/** Takes the response out of Koa's hands, and out of the time that an answer may take. */
function begin(ctx: Context, connections: Connections): OpenConnection | null {
  const { req, res } = ctx
  const { socket } = req
  if (socket.destroyed) return null
  connections.allowStream(socket)
  sendHead(ctx)
  return { res, socket }
}

function sendHead(ctx: Context): void {
  const { request } = ctx.state
  const { res } = ctx
  request.isStream = true
  request.isRoutine = true
  ctx.respond = false
  // Its end is that of the connection: then one buffer suits every client, of HTTP/1.0 too, without a frame around each chunk.
  res.removeHeader('Transfer-Encoding')
  res.writeHead(200, [
    ...['Content-Type', 'text/event-stream; charset=utf-8', 'Cache-Control', 'no-store, no-transform'],
    // Nginx collects answers otherwise.
    ...['X-Accel-Buffering', 'no', 'Connection', 'close'],
    ...request.headers,
  ])
  res.flushHeaders()
}
