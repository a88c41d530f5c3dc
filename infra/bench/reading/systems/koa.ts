import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Koa from 'koa'
import { given, listen } from './listen.ts'

/* Koa with one middleware: the same bytes for everybody, and 304 for those who have them. */

const body = readFileSync(given('REPLY_FILE'))
const etag = `"${createHash('sha1').update(body).digest('base64url')}"`

const app = new Koa()
app.use((ctx) => {
  // An ETag only for requests that ask for one: a hit is to cost what Koa itself costs, and no more.
  if (ctx.headers['if-none-match'] !== undefined) {
    ctx.status = 200
    ctx.etag = etag
    if (ctx.fresh) {
      ctx.status = 304
      return
    }
  }
  ctx.type = 'application/json'
  ctx.body = body
})
listen(app.callback())
