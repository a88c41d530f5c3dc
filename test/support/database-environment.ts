import type { DatabaseUser } from '#shared/process/config.ts'
import type { DatabaseUrls } from '../../infra/servers/database-users.ts'
import type { Kind } from './process.ts'

const users: Readonly<Record<Kind, DatabaseUser | null>> = {
  gateway: null,
  event: 'event',
  booking: 'booking',
  purchase: 'purchase',
  audit: 'auditor',
  sandbox: 'sandbox',
}

/** What a process of that kind needs to connect to PostgreSQL as itself; nothing where it does not connect. */
export function databaseEnvironment(kind: Kind, urls: DatabaseUrls): Record<string, string> {
  const user = users[kind]
  return user === null ? {} : { DATABASE_URL: urls[user] }
}
