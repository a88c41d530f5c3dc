/**
 * On whose behalf a message travels. Workers trust it: only the system's own processes may publish on its subjects, and
 * the gateway has identified the caller.
 */
export interface Caller {
  readonly role: 'user' | 'organiser' | 'anonymous'
  /** User id, name of the organiser's key, or '' for anonymous. */
  readonly id: string
}

export const anonymous: Caller = { role: 'anonymous', id: '' }

export function user(id: string): Caller {
  return { role: 'user', id }
}

/** As a header value: `user:125`. */
export function writeCaller(caller: Caller): string {
  return `${caller.role}:${caller.id}`
}

export function readCaller(header: string): Caller {
  const separator = header.indexOf(':')
  const role = header.slice(0, separator)
  if (role !== 'user' && role !== 'organiser') return anonymous
  return { role, id: header.slice(separator + 1) }
}
