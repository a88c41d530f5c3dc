import type { LinkPlan } from '../../infra/system/links.ts'

/** The links of a run. A worker is NATS' client, but it is the one who replies. */
export const links: readonly LinkPlan[] = [
  { client: 'gateway', server: 'nats', replies: 'to client' },
  { client: 'event', server: 'nats', replies: 'to server' },
  { client: 'booking', server: 'nats', replies: 'to server' },
  { client: 'purchase', server: 'nats', replies: 'to server' },
  { client: 'gateway', server: 'redis', replies: 'to client' },
  { client: 'booking', server: 'redis', replies: 'to client' },
  { client: 'event', server: 'postgres', replies: 'to client' },
  { client: 'booking', server: 'postgres', replies: 'to client' },
  { client: 'purchase', server: 'postgres', replies: 'to client' },
  { client: 'sandbox', server: 'postgres', replies: 'to client' },
  { client: 'purchase', server: 'sandbox', replies: 'to client' },
  // Webhooks.
  { client: 'sandbox', server: 'gateway', replies: 'to client' },
  { client: 'audit', server: 'nats', replies: 'to server' },
  { client: 'audit', server: 'postgres', replies: 'to client' },
  { client: 'audit', server: 'sandbox', replies: 'to client' },
]
