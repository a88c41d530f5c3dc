import type { NatsUrls } from '../../infra/servers/nats-users.ts'
import type { Kind } from './process.ts'

/** What a process of that kind needs to connect to NATS as itself; the payment sandbox does not connect. */
export function natsEnvironment(kind: Kind, urls: NatsUrls): Record<string, string> {
  if (kind === 'sandbox') return {}
  return { NATS_URL: urls[kind === 'audit' ? 'auditor' : kind] }
}
