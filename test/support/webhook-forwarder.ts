import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import type { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'

export interface ForwardedWebhook {
  readonly body: string
  readonly signature: string
  /** `applied`, `duplicate`, or an error code. */
  readonly outcome: string
}

export interface WebhookForwarder {
  readonly url: string
  /** Oldest first. */
  readonly forwarded: ForwardedWebhook[]
  /** Hands a webhook to a purchase worker and answers `applied`, `duplicate`, or an error code. */
  deliver(body: string, signature: string): Promise<string>
  stop(): Promise<void>
}

/** Takes a provider's webhooks over HTTP and hands them to the purchase workers, as the gateway does. */
export async function startWebhookForwarder(bus: Bus): Promise<WebhookForwarder> {
  const forwarded: ForwardedWebhook[] = []
  const deliver = (body: string, signature: string): Promise<string> =>
    call(
      bus,
      receiveWebhook,
      { provider: 'sandbox', body, signature },
      { requestId: randomUUID(), caller: anonymous, deadlineAt: performance.now() + 5_000 },
    ).then(
      ({ outcome }) => outcome,
      (error: TicketingError) => error.code,
    )
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    const signature = String(request.headers['webhook-signature'])
    const outcome = await deliver(body, signature)
    forwarded.push({ body, signature, outcome })
    response.writeHead(['applied', 'duplicate'].includes(outcome) ? 200 : 503).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/webhooks/sandbox`,
    forwarded,
    deliver,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
