import { TicketingError } from '#shared/errors.ts'
import { refuseCardNumbers } from './card-numbers.ts'
import type { Context } from './state.ts'

/**
 * The Idempotency-Key header, or undefined; anything but 1 to 128 printable ASCII characters is refused, and so is a card
 * number, because a key is stored with what it stands for.
 */
export function readIdempotencyKey(ctx: Context): string | undefined {
  const key = ctx.get('idempotency-key')
  if (key === '') return undefined
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new TicketingError('validation_failed', 'Idempotency-Key must be 1 to 128 printable ASCII characters.')
  }
  refuseCardNumbers(key)
  return key
}
