import { z } from 'zod'
import { checkRequest } from '#shared/check-request.ts'
import { text } from '#shared/contracts/fields.ts'
import { TicketingError } from '#shared/errors.ts'
import { sandboxCharge } from '../providers/payment-sandbox.ts'
import type { ProviderEvent } from './provider-event.ts'

/* Only the members that we need are checked. All others are stored and ignored, whatever JSON they contain. */

const anyEvent = z.object({ id: text(200), type: z.string() })

const chargeTypes = ['charge.authorised', 'charge.declined', 'charge.captured', 'charge.voided', 'charge.refunded']
const chargeEvent = z.object({
  charge: z.object({ idempotency_key: z.string() }).and(sandboxCharge),
  refund: z.object({ idempotency_key: z.string(), amount_minor: z.int() }).optional(),
})

/** The event in a correctly signed body of the payment sandbox. Throws `validation_failed` with the wrong member. */
export function readSandboxWebhook(body: string): ProviderEvent {
  const content = parseJson(body)
  const { id, type } = checkRequest(anyEvent, content)
  if (!chargeTypes.includes(type)) return { id, body, about: null }
  const { charge, refund } = checkRequest(chargeEvent, content)
  const { idempotency_key: chargeKey, ...state } = charge
  if (!mayBeOurKey(chargeKey) || !mayBeOurKey(refund?.idempotency_key ?? chargeKey)) return { id, body, about: null }
  if (refund === undefined) return { id, body, about: { kind: 'charge', chargeKey, charge: state } }
  const { idempotency_key: refundKey, amount_minor: amountMinor } = refund
  return { id, body, about: { kind: 'refund', chargeKey, refundKey, amountMinor } }
}

/** Our keys have this form; any other key is not ours. */
function mayBeOurKey(key: string): boolean {
  return text(200).safeParse(key).success
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new TicketingError('validation_failed', 'The webhook is signed, but its body is not JSON.', { cause: error })
  }
}
