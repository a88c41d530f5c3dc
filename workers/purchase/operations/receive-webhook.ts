import { receiveWebhook as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { verifyWebhook } from '#shared/webhook-signature.ts'
import type { SagaParts } from '../saga.ts'
import { applyProviderEvent } from '../webhooks/apply-provider-event.ts'
import { readSandboxWebhook } from '../webhooks/read-sandbox-webhook.ts'

export interface WebhookOptions {
  /** The secret shared with the provider; without it no webhook is accepted. */
  readonly secret: string | undefined
  /** Makes the reconciler drive what has moved. */
  wake(): void
}

/**
 * Stores and applies a provider's event, once, and lets the reconciler continue. Throws `bad_signature`, and `validation_failed` for a
 * signed body that cannot be read.
 */
export function receiveWebhook(saga: SagaParts, { secret, wake }: WebhookOptions): Operation {
  return operation(contract, async ({ provider, body, signature }) => {
    const isGenuine = secret !== undefined && verifyWebhook({ secret, body, header: signature, now: Date.now() })
    if (!isGenuine) throw new TicketingError('bad_signature', 'The signature does not match the body, or is too old.')
    const outcome = await applyProviderEvent(saga, provider, readSandboxWebhook(body))
    if (outcome === 'applied') wake()
    return { outcome }
  })
}
