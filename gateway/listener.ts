import type { RequestListener } from 'node:http'
import { createApp } from './app.ts'
import type { Dependencies } from './dependencies.ts'
import { answerAtOnce } from './front/answer-at-once.ts'

/** What the server calls for each request: in front what is known already, behind it Koa. */
export function createListener(dependencies: Dependencies): RequestListener {
  const front = answerAtOnce(dependencies)
  const koa = createApp(dependencies).callback()
  return (req, res) => {
    if (!front(req, res)) void koa(req, res)
  }
}
