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
import { readCredentials, sessionCookieName, setCaller } from '../koa/read-caller.ts'
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
  const known = [readCredentials('public', identity, limitFailures), setCaller('public', identity)]
  return { method: 'GET', path: '/events/:event_id/seats/stream', middleware: [...known, limit, open] }
}

/**
 * The caller whose holds are sent: the user of the token or of the cookie. An expired cookie does not refuse the stream, because a
 * browser's EventSource can neither see the reason nor omit the cookie.
 */
async function callerOf(ctx: Context, { verifyToken }: IdentifyOptions): Promise<Caller> {
  const { caller } = ctx.state
  const cookie = ctx.cookies.get(sessionCookieName)
  if (caller.role !== 'anonymous' || cookie === undefined) return caller
  return verifyToken(cookie).then(user, () => anonymous)
}

/** Reads the caller's place. Throws `not_found` if it is not the caller's place for this event. */
function placeQuestion(
  { rooms, places }: { readonly rooms: WaitingRooms | null; readonly places: SharedPlaces },
  { place: placeId, event_id: eventId }: z.output<typeof streamRequest>,
  caller: Caller,
): StreamWish['askPlace'] {
  if (placeId === undefined) return null
  if (rooms === null || caller.role !== 'user' || !rooms.isPlaceOf(placeId, { userId: caller.id, eventId })) {
    throw new TicketingError('not_found', 'You have no place with this id.')
  }
  const { deadlineMs } = viewQueuePlace
  const ask = () => rooms.view(placeId, { requestId: randomUUID(), caller, deadlineAt: performance.now() + deadlineMs })
  return () => places.view(placeId, ask)
}

/** Takes the response away from Koa and removes the time limit of an answer. Null if there is nobody to stream to: HEAD asks for the head. */
function begin(ctx: Context, connections: Connections): OpenConnection | null {
  const { req, res } = ctx
  const { socket } = req
  if (socket.destroyed) return null
  if (ctx.method === 'HEAD') {
    sendHead(ctx)
    res.end()
    return null
  }
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
  // The connection's end marks the stream's end: so one buffer suits every client, HTTP/1.0 too, without chunk framing.
  res.removeHeader('Transfer-Encoding')
  res.writeHead(200, [
    ...['Content-Type', 'text/event-stream; charset=utf-8', 'Cache-Control', 'no-store, no-transform'],
    // Without this header nginx buffers the stream.
    ...['X-Accel-Buffering', 'no', 'Connection', 'close'],
    ...request.headers,
  ])
  res.flushHeaders()
}
