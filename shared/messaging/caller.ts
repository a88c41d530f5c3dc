import type { WorkerName } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'

/** The sender of a request, identified by the gateway. Workers trust it: only our processes can publish on their subjects. */
export interface Caller {
  readonly role: 'user' | 'organiser' | 'door' | 'system' | 'anonymous'
  /** User id, name of the organiser's or the door's key, name of the worker, or '' for anonymous. */
  readonly id: string
}

export const anonymous: Caller = { role: 'anonymous', id: '' }

/** A user as the caller. */
export function user(id: string): Caller {
  return { role: 'user', id }
}

/** For background work, such as refunds of a cancelled event. */
export function system(worker: WorkerName): Caller {
  return { role: 'system', id: worker }
}

/** The user's id. Throws `forbidden` for organisers, whom signing in would not help, and `unauthenticated` for any other caller. */
export function requireUser({ role, id }: Caller): string {
  if (role === 'organiser') throw new TicketingError('forbidden', "Send a user's token; an organiser buys nothing.")
  if (role !== 'user') throw new TicketingError('unauthenticated', 'Sign in first.')
  return id
}

/** Throws `forbidden` for any caller but an organiser. */
export function requireOrganiser({ role }: Caller): void {
  if (role !== 'organiser') throw new TicketingError('forbidden', 'Only organisers can do this.')
}

/** Throws `forbidden` for any caller but a gate or an organiser. */
export function requireDoor({ role }: Caller): void {
  if (role !== 'door' && role !== 'organiser')
    throw new TicketingError('forbidden', 'Only gates and organisers can do this.')
}

/** A header value, such as `user:125`. */
export function writeCaller(caller: Caller): string {
  return `${caller.role}:${caller.id}`
}

/** Reads the header value of `writeCaller`; anonymous for any other text. */
export function readCaller(header: string): Caller {
  const separator = header.indexOf(':')
  const role = header.slice(0, separator)
  if (role !== 'user' && role !== 'organiser' && role !== 'door' && role !== 'system') return anonymous
  return { role, id: header.slice(separator + 1) }
}
