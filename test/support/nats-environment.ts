import type { NatsUser } from '#shared/process/config.ts'
import type { NatsUrls } from '../../infra/servers/nats-users.ts'
import type { Kind } from './process.ts'

const users: Readonly<Record<Kind, NatsUser | null>> = {
  gateway: 'gateway',
  event: 'event',
  booking: 'booking',
  purchase: 'purchase',
  audit: 'auditor',
  sandbox: null,
}

/** What a process of that kind needs to connect to NATS as itself; nothing where it does not connect. */
export function natsEnvironment(kind: Kind, urls: NatsUrls): Record<string, string> {
  const user = users[kind]
  return user === null ? {} : { NATS_URL: urls[user] }
}
