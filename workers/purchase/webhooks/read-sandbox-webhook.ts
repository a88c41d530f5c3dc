import { z } from 'zod'
import { text } from '#shared/contracts/fields.ts'
import { TicketingError } from '#shared/errors.ts'
import { sandboxCharge } from '../providers/payment-sandbox.ts'
import type { ProviderEvent } from './provider-event.ts'

const anyEvent = z.object({ id: text(200), type: text(100) })

const chargeTypes = ['charge.authorised', 'charge.declined', 'charge.captured', 'charge.voided', 'charge.refunded']
const chargeEvent = z.object({
  charge: z.looseObject({ idempotency_key: z.string() }),
  refund: z.object({ idempotency_key: z.string(), amount_minor: z.int() }).optional(),
})

/** What the payment sandbox tells, its signature being right. Throws `validation_failed` when it makes no sense. */
export function readSandboxWebhook(body: string): ProviderEvent {
  const content = parseJson(body)
  const event = anyEvent.safeParse(content)
  if (!event.success) throw unreadableWebhook()
  const { id, type } = event.data
  if (!chargeTypes.includes(type)) return { id, body: content, about: null }
  const about = chargeEvent.safeParse(content)
  const charge = sandboxCharge.safeParse(about.data?.charge)
  if (!about.success || !charge.success) throw unreadableWebhook()
  const chargeKey = about.data.charge.idempotency_key
  const { refund } = about.data
  if (refund === undefined) return { id, body: content, about: { kind: 'charge', chargeKey, charge: charge.data } }
  const { idempotency_key: refundKey, amount_minor: amountMinor } = refund
  return { id, body: content, about: { kind: 'refund', chargeKey, refundKey, amountMinor } }
}

function parseJson(body: string): unknown {
  // Postgres keeps no NUL in JSON.
  if (body.includes('\\u0000')) throw unreadableWebhook()
  try {
    return JSON.parse(body)
  } catch {
    throw unreadableWebhook()
  }
}

function unreadableWebhook(): TicketingError {
  return new TicketingError('validation_failed', 'The webhook is signed, but not what the payment sandbox sends.')
}
