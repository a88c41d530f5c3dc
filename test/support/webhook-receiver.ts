import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One callback as it arrived. */
export interface ReceivedWebhook {
  readonly raw: Buffer
  /** The header `Webhook-Signature`. */
  readonly signature: string
  /** By `performance.now()`. */
  readonly at: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies and fail where one is not as expected
  readonly body: any
}

/** Where a payment provider under test posts its callbacks. */
export interface WebhookReceiver {
  readonly url: string
  /** Oldest first. */
  readonly received: ReceivedWebhook[]
  /** Those about the charge of that key. */
  about(chargeKey: string): ReceivedWebhook[]
  stop(): Promise<void>
}

/** `answer` says with which HTTP status each callback is answered; with `hang` it never is. */
export async function startWebhookReceiver(
  answer: (webhook: ReceivedWebhook) => number | 'hang' = () => 200,
): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const signature = String(request.headers['webhook-signature'])
    const webhook = { raw, signature, at: performance.now(), body: JSON.parse(raw.toString('utf8')) }
    received.push(webhook)
    const status = answer(webhook)
    if (status !== 'hang') response.writeHead(status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    about: (chargeKey) => received.filter(({ body }) => body.charge.idempotency_key === chargeKey),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
