import { receiveWebhook as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { verifyWebhook } from '#shared/webhook-signature.ts'
import type { Saga } from '../saga.ts'
import { applyProviderEvent } from '../webhooks/apply-provider-event.ts'
import { readSandboxWebhook } from '../webhooks/read-sandbox-webhook.ts'

export interface WebhookOptions {
  /** Shared with the provider; without it nothing can be believed. */
  readonly secret: string | undefined
  /** Has what has moved driven on. */
  wake(): void
}

/**
 * Keeps and applies what a provider tells, once per event, and has what has moved driven on. Throws `bad_signature`, and
 * `validation_failed` for a signed body that cannot be read.
 */
export function receiveWebhook(saga: Saga, { secret, wake }: WebhookOptions): Operation {
  return operation(contract, async ({ provider, body, signature }) => {
    const isGenuine = secret !== undefined && verifyWebhook({ secret, body, header: signature, now: Date.now() })
    if (!isGenuine) throw new TicketingError('bad_signature', 'The signature does not fit the body, or is too old.')
    const outcome = await applyProviderEvent(saga, provider, readSandboxWebhook(body))
    if (outcome === 'applied') wake()
    return { outcome }
  })
}
