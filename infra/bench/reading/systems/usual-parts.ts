import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { Redis } from 'ioredis'
import Koa, { type Middleware } from 'koa'
import rateLimit from 'koa-ratelimit'
import { connect, type MsgHdrs, headers as natsHeaders } from 'nats'
import { given, listen } from './listen.ts'

/* What a Koa gateway over NATS and Redis looks like when each part is used as its README shows. It answers what is measured. */

const natsUrl = new URL(given('NATS_URL'))

export const redis = new Redis(given('REDIS_URL'))

const nats = await connect({
  servers: natsUrl.host,
  user: natsUrl.username,
  pass: decodeURIComponent(natsUrl.password),
  // Where our NATS lets a gateway be answered.
  inboxPrefix: `_INBOX_${natsUrl.username}`,
})

export const listEventsSubject = 'ticketing.v1.event.list-events'
export const cacheSeconds = 60

const json = new TextEncoder()

/** What a worker answers, as text. Throws what it refuses with. */
export async function ask(subject: string, request: object, headers?: Record<string, string>): Promise<string> {
  const options = { timeout: 8_000, ...(headers && { headers: toNats(headers) }) }
  const reply = await nats.request(subject, json.encode(JSON.stringify(request)), options)
  const code = reply.headers?.get('Ticketing-Error')
  if (code) throw new Error(`${code}: ${reply.string()}`)
  return reply.string()
}

function toNats(values: Record<string, string>): MsgHdrs {
  const headers = natsHeaders()
  for (const [name, value] of Object.entries(values)) headers.set(name, value)
  return headers
}

/** Starts it; `answerEvents` is what the two versions differ in. */
export function startGateway(answerEvents: Middleware): void {
  const router = new Router()
  router.get('/events', limit('events', Number(process.env.READS_PER_MINUTE)), answerEvents)
  router.get('/bookings', limit('bookings', Number(process.env.BOOKINGS_PER_MINUTE)), async (ctx) => {
    const caller = { 'Ticketing-Caller': `user:${ctx.query.user_id}` }
    ctx.body = JSON.parse(await ask('ticketing.v1.booking.list-bookings', {}, caller))
  })
  router.post('/purchase', limit('purchase', Number(process.env.READS_PER_MINUTE)), async (ctx) => {
    const { user_id, ...purchase } = ctx.request.body as { user_id: string }
    const headers = { 'Ticketing-Caller': `user:${user_id}`, 'Idempotency-Key': ctx.get('Idempotency-Key') }
    ctx.body = JSON.parse(await ask('ticketing.v1.purchase.purchase-hold', purchase, headers))
    ctx.status = 201
  })
  const app = new Koa()
  app.use(bodyParser())
  app.use(router.routes())
  app.use(router.allowedMethods())
  listen(app.callback())
}

/** Nothing where no maximum was given. */
function limit(namespace: string, max: number): Middleware {
  if (Number.isNaN(max)) return (_ctx, next) => next()
  return rateLimit({
    driver: 'redis',
    // Its types know another release of ioredis.
    db: redis as unknown as rateLimit.MiddlewareOptions['db'],
    duration: 60_000,
    max,
    id: (ctx) => `${namespace}:${ctx.get('X-Forwarded-For')}`,
  } as rateLimit.MiddlewareOptions) as Middleware
}
