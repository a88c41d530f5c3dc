import { TicketingError } from '#shared/errors.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { maxHoldsOfPass, type VerifyPass } from '#shared/queue-pass.ts'

/** The id of a request's pass for the event, or why it has none. Only where the sale needs a pass, it matters. */
export type PassOfRequest = { readonly id: string } | { readonly refusal: TicketingError }

/** `verify` undefined: this worker has no secret, and takes no pass. */
export async function passOf(
  { queuePass, caller }: MessageContext,
  eventId: string,
  verify: VerifyPass | undefined,
): Promise<PassOfRequest> {
  if (queuePass === undefined) {
    return refuse('pass_required', 'This event has a waiting room; join it to get a pass.', eventId)
  }
  try {
    const pass = await verify?.(queuePass)
    if (pass?.event === eventId && pass.sub === caller.id) return { id: pass.jti }
  } catch (error) {
    if (error instanceof TicketingError && error.code === 'pass_expired') {
      return refuse('pass_expired', error.message, eventId)
    }
  }
  return refuse('pass_invalid', 'This pass is not valid here; join the queue.', eventId)
}

/** What became of the holds that a pass was used for. */
export interface UseOfPass {
  readonly holds: number
  /** One of them was bought. */
  readonly bought: boolean
}

/** The id of a pass that may be used for one more hold. Throws what refuses it, with `join_url`. */
export function usablePass(pass: PassOfRequest, eventId: string, used: UseOfPass | undefined): string {
  if ('refusal' in pass) throw pass.refusal
  const { holds, bought } = used ?? { holds: 0, bought: false }
  if (bought) throw refuse('pass_expired', 'You have bought with this pass; join the queue for more.', eventId).refusal
  if (holds >= maxHoldsOfPass) {
    const reason = `This pass was used for ${maxHoldsOfPass} holds; join the queue.`
    throw refuse('pass_expired', reason, eventId).refusal
  }
  return pass.id
}

function refuse(
  code: 'pass_required' | 'pass_invalid' | 'pass_expired',
  message: string,
  eventId: string,
): { readonly refusal: TicketingError } {
  return { refusal: new TicketingError(code, message, { extra: { join_url: `/events/${eventId}/queue` } }) }
}
