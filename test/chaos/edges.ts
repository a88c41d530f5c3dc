import type { Kind } from '../support/process.ts'
import type { ReplyDirection } from './proxy.ts'

/** A way by which two parts of the system talk; all instances of a kind share it. */
export interface Edge {
  readonly client: Kind
  readonly server: 'nats' | 'redis' | 'postgres' | 'sandbox' | 'gateway'
  readonly replies: ReplyDirection
}

/** A worker is NATS' client, but it is the one who answers. */
export const edges: readonly Edge[] = [
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

/** As the plan and the report name it: `purchase → sandbox`. */
export function nameOf({ client, server }: Edge): string {
  return `${client} → ${server}`
}
