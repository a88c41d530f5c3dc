import { bodyOf, listening } from './listening.ts'

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
  answer: (webhook: ReceivedWebhook) => number | 'hang' | Promise<number> = () => 200,
): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = []
  const { url, stop } = await listening(async (request, response) => {
    const raw = await bodyOf(request)
    const signature = String(request.headers['webhook-signature'])
    const webhook = { raw, signature, at: performance.now(), body: JSON.parse(raw.toString('utf8')) }
    received.push(webhook)
    const status = await answer(webhook)
    if (status !== 'hang') response.writeHead(status).end()
  })
  const about = (chargeKey: string) => received.filter(({ body }) => body.charge.idempotency_key === chargeKey)
  return { url: `${url}/hook`, received, about, stop }
}
