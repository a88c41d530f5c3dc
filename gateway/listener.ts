import type { RequestListener } from 'node:http'
import { createApp } from './app.ts'
import type { Dependencies } from './dependencies.ts'
import { answerFast } from './fast-path/answer-fast.ts'

/** What the server calls for each request: the fast path, and Koa for all that it leaves. */
export function createListener(dependencies: Dependencies): RequestListener {
  const fastPath = answerFast(dependencies)
  const koa = createApp(dependencies).callback()
  return (req, res) => {
    if (!fastPath(req, res)) void koa(req, res)
  }
}
