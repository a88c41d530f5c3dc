import { createHash } from 'node:crypto'
import { ask, cacheSeconds, listEventsSubject, redis, startGateway } from './usual-parts.ts'

/* The fair cache: text is passed through as it came, with an ETag of each answer, as koa-etag makes it. */

startGateway(async (ctx) => {
  const key = `string:events:${ctx.querystring}`
  let events = await redis.get(key)
  if (events === null) {
    events = await ask(listEventsSubject, ctx.query)
    await redis.set(key, events, 'EX', cacheSeconds)
  }
  ctx.status = 200
  ctx.etag = createHash('sha1').update(events).digest('base64')
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  ctx.type = 'application/json'
  ctx.body = events
})
