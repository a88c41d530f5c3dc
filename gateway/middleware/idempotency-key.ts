import { TicketingError } from '#shared/errors.ts'
import type { Context } from './state.ts'

/** The Idempotency-Key header, or undefined; anything but 1 to 128 printable ASCII characters is refused. */
export function readIdempotencyKey(ctx: Context): string | undefined {
  const key = ctx.get('idempotency-key')
  if (key === '') return undefined
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new TicketingError('validation_failed', 'Idempotency-Key must be 1 to 128 printable ASCII characters.')
  }
  return key
}
