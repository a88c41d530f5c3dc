import type { IncomingMessage } from 'node:http'

/** GET or HEAD: nothing of a body is read, all that is asked is known at once. */
export function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}
