import { readFileSync } from 'node:fs'
import Koa from 'koa'
import { given, listen } from './listen.ts'

/* Koa with one middleware: the same bytes for everybody. */

const body = readFileSync(given('REPLY_FILE'))

const app = new Koa()
app.use((ctx) => {
  ctx.type = 'application/json'
  ctx.body = body
})
listen(app)
