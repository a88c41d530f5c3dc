import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../bench.ts'

/** What a call takes at a payment provider far away. */
export const callMs = 120

const ownHeaders = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']

/**
 * The payment sandbox through a narrow door: one call at a time, each of them slow; the others wait. Each purchase worker has a door of
 * its own, so it has one provider call at a time, and its purchases wait at the worker. Answers its URL.
 */
export async function startNarrowProvider(sandboxUrl: string, { onStop }: Bench): Promise<string> {
  /** The last call, behind which the next one waits. */
  let last: Promise<unknown> = Promise.resolve()
  const server = createServer((request, response) => {
    const passed = last.then(async () => {
      await pause(callMs)
      const answer = await pass(request, sandboxUrl)
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
      response.end(await answer.text())
    })
    last = passed.catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onStop(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function pass(request: IncomingMessage, url: string): Promise<Response> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = Object.entries(request.headers).filter(([name]) => !ownHeaders.includes(name))
  return fetch(new URL(request.url ?? '/', url), {
    method: request.method ?? 'GET',
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    signal: AbortSignal.timeout(5_000),
  })
}
