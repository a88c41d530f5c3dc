import type { WorkerName } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'

/** Who sends a request, identified by the gateway. Workers trust it: only our processes may publish on their subjects. */
export interface Caller {
  readonly role: 'user' | 'organiser' | 'system' | 'anonymous'
  /** User id, name of the organiser's key, name of the worker, or '' for anonymous. */
  readonly id: string
}

export const anonymous: Caller = { role: 'anonymous', id: '' }

export function user(id: string): Caller {
  return { role: 'user', id }
}

/** For background work, such as refunds of a cancelled event. */
export function system(worker: WorkerName): Caller {
  return { role: 'system', id: worker }
}

/** The user's id. Throws `unauthenticated` for any other caller. */
export function requireUser({ role, id }: Caller): string {
  if (role !== 'user') throw new TicketingError('unauthenticated', 'Sign in first.')
  return id
}

/** Throws `forbidden` for any caller but an organiser. */
export function requireOrganiser({ role }: Caller): void {
  if (role !== 'organiser') throw new TicketingError('forbidden', 'Only organisers may do this.')
}

/** A header value, such as `user:125`. */
export function writeCaller(caller: Caller): string {
  return `${caller.role}:${caller.id}`
}

export function readCaller(header: string): Caller {
  const separator = header.indexOf(':')
  const role = header.slice(0, separator)
  if (role !== 'user' && role !== 'organiser' && role !== 'system') return anonymous
  return { role, id: header.slice(separator + 1) }
}
