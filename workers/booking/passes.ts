import { TicketingError } from '#shared/errors.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { maxHoldsOfPass, type VerifyPass } from '#shared/queue-pass.ts'

/**
 * The id of the request's pass for the event, or a function that creates the refusal. A function, because an error with its stack is
 * expensive and only sales that need a pass use it.
 */
export type PassOfRequest = { readonly id: string } | { refusal(): TicketingError }

/** `verify` undefined: this worker has no secret and accepts no pass. */
export async function passOf(
  { queuePass, caller }: MessageContext,
  eventId: string,
  verify: VerifyPass | undefined,
): Promise<PassOfRequest> {
  if (queuePass === undefined) {
    const reason = 'This event has a waiting room; join it to get a pass.'
    return { refusal: () => refusal('pass_required', reason, eventId) }
  }
  try {
    const pass = await verify?.(queuePass)
    if (pass?.event === eventId && pass.sub === caller.id) return { id: pass.jti }
  } catch (error) {
    if (error instanceof TicketingError && error.code === 'pass_expired') {
      return { refusal: () => refusal('pass_expired', error.message, eventId) }
    }
  }
  return { refusal: () => refusal('pass_invalid', 'This pass is not valid here; join the queue.', eventId) }
}

/** What happened to the holds made with a pass. */
export interface UseOfPass {
  readonly holds: number
  /** One of them was bought. */
  readonly bought: boolean
}

/** The id of a pass that can be used for one more hold. Throws the refusal otherwise, with `join_url`. */
export function usablePass(pass: PassOfRequest, eventId: string, used: UseOfPass | undefined): string {
  if ('refusal' in pass) throw pass.refusal()
  const { holds, bought } = used ?? { holds: 0, bought: false }
  if (bought) throw refusal('pass_expired', 'You have bought with this pass; join the queue for more.', eventId)
  if (holds >= maxHoldsOfPass) {
    const reason = `This pass was used for ${maxHoldsOfPass} holds; join the queue.`
    throw refusal('pass_expired', reason, eventId)
  }
  return pass.id
}

function refusal(
  code: 'pass_required' | 'pass_invalid' | 'pass_expired',
  message: string,
  eventId: string,
): TicketingError {
  return new TicketingError(code, message, { extra: { join_url: `/events/${eventId}/queue` } })
}
