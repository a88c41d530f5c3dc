import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../bench.ts'

/** What a call takes at a payment provider far away. */
export const callMs = 120
const answerWithinMs = 5_000

/**
 * The payment sandbox through a narrow door: one call at a time, each of them slow; the others wait. Each purchase worker has its
 * own door, so it has one provider call at a time, and its purchases wait at the worker. Answers its URL.
 */
export async function startNarrowProvider(sandboxUrl: string, { onStop }: Bench): Promise<string> {
  /** The last call, behind which the next one waits. */
  let last: Promise<unknown> = Promise.resolve()
  const server = createServer((request, response) => {
    last = last.then(async () => {
      await pause(callMs)
      await passOn(request, response, sandboxUrl)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onStop(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Returns when the call is over, answered or not. */
async function passOn(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  if (response.destroyed) return
  const { method, headers } = request
  const signal = AbortSignal.timeout(answerWithinMs)
  const sent = send(new URL(request.url ?? '/', url), { method, headers, signal }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  sent.on('error', () => response.destroy())
  request.pipe(sent)
  await once(response, 'close')
}
