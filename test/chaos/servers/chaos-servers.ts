import type { Kind } from '../../support/process.ts'
import type { Edge } from '../edges.ts'

export type ServerName = 'nats' | 'redis' | 'postgres'

/** The servers of a run, whatever they consist of. */
export interface ChaosServers {
  /** Which ways to them lead through proxies: those by which a client knows one address. */
  readonly proxied: readonly ServerName[]
  /** Of a user who may do everything. */
  readonly natsUrl: string
  /** Leads to the database at any time. */
  readonly databaseUrl: string
  portOf(server: ServerName): number
  /** NATS_URL and REDIS_URL of a process; `proxyPort` where a way leads through one. */
  urlsFor(kind: Kind, proxyPort: (server: Edge['server']) => number): Record<string, string>
  stop(): Promise<void>
}
