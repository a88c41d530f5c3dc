import { ask, cacheSeconds, listEventsSubject, redis, startGateway } from './usual-parts.ts'

/* The obvious cache: objects in, objects out. */

startGateway(async (ctx) => {
  const key = `obvious:events:${ctx.querystring}`
  const cached = await redis.get(key)
  if (cached !== null) {
    ctx.body = JSON.parse(cached)
    return
  }
  const events = JSON.parse(await ask(listEventsSubject, ctx.query))
  await redis.set(key, JSON.stringify(events), 'EX', cacheSeconds)
  ctx.body = events
})
