import { randomUUID } from 'node:crypto'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import type { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

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
  const { url, stop } = await startWebhookReceiver(async ({ raw, signature }) => {
    const body = raw.toString('utf8')
    const outcome = await deliver(body, signature)
    forwarded.push({ body, signature, outcome })
    return ['applied', 'duplicate'].includes(outcome) ? 200 : 503
  })
  return { url, forwarded, deliver, stop }
}
