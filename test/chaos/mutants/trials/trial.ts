import type { Stand } from '../../crash-points/stand/stand.ts'

/** What a trial may use; made from the copy of the project that is on trial. */
export interface TrialSystem {
  /** Migrated, and empty unless a stand uses it. */
  readonly databaseUrl: string
  /** Of a server that others use, too. */
  readonly redisUrl: string
  /** All processes; started when it is first asked for. Holds last long, or run out soon. */
  stand(holds: 'short' | 'long'): Promise<Stand>
}

/** Tries something that must go well, and answers what did not. */
export type Trial = (system: TrialSystem) => Promise<string[]>
