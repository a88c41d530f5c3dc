import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { Redis } from 'ioredis'
import Koa, { type Middleware } from 'koa'
import rateLimit from 'koa-ratelimit'
import { connect, headers as natsHeaders } from 'nats'
import { given, listen } from './listen.ts'

/* What a Koa gateway over NATS and Redis looks like when each part is used as its README shows: objects in and out of the cache. */

const cacheSeconds = 60

const natsUrl = new URL(given('NATS_URL'))
const redis = new Redis(given('REDIS_URL'))
const nats = await connect({
  servers: natsUrl.host,
  user: natsUrl.username,
  pass: decodeURIComponent(natsUrl.password),
  // Where our NATS lets a gateway be answered.
  inboxPrefix: `_INBOX_${natsUrl.username}`,
})
const json = new TextEncoder()

const router = new Router()
router.get('/events', limit('events', Number(process.env.READS_PER_MINUTE)), async (ctx) => {
  const key = `obvious:events:${ctx.querystring}`
  const cached = await redis.get(key)
  if (cached !== null) {
    ctx.body = JSON.parse(cached)
    return
  }
  const events = await ask('ticketing.v1.event.list-events', ctx.query)
  await redis.set(key, JSON.stringify(events), 'EX', cacheSeconds)
  ctx.body = events
})
router.get('/bookings', limit('bookings', Number(process.env.BOOKINGS_PER_MINUTE)), async (ctx) => {
  ctx.body = await ask('ticketing.v1.booking.list-bookings', {}, `user:${ctx.query.user_id}`)
})
const app = new Koa()
app.use(bodyParser())
app.use(router.routes())
app.use(router.allowedMethods())
listen(app)

/** What a worker answers. Throws what it refuses with. */
async function ask(subject: string, request: object, caller?: string): Promise<object> {
  const headers = caller === undefined ? undefined : natsHeaders()
  headers?.set('Ticketing-Caller', caller ?? '')
  const options = { timeout: 8_000, ...(headers && { headers }) }
  const reply = await nats.request(subject, json.encode(JSON.stringify(request)), options)
  const code = reply.headers?.get('Ticketing-Error')
  if (code) throw new Error(`${code}: ${reply.string()}`)
  return JSON.parse(reply.string())
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
