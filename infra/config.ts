import { join, resolve } from 'node:path'
import { dataDirectory } from '#shared/process/config.ts'

export const projectRoot = resolve(import.meta.dirname, '..')

export interface InfraConfig {
  /** Everything that outlives a run: databases, logs, secrets, `running.json`. */
  readonly dataDirectory: string
  /** Servers that were unpacked for a user who may not install packages: PROGRAMS_DIR, else in the data folder. */
  readonly programsDirectory: string
  /** The folders of PATH. */
  readonly searchPath: readonly string[]
  /** A folder with `postgres` and `initdb`, preferred to all others. */
  readonly postgresBin: string | undefined
  /** Servers that run already: none of our own is started in their place. */
  readonly given: {
    readonly nats?: string
    /** Goes with `nats`: who signed its certificate. */
    readonly natsCa?: string
    readonly redis?: string
    readonly database?: string
  }
  /** Handed on to every process that is started. */
  readonly environment: NodeJS.ProcessEnv
}

/** Reads the environment; an empty variable counts as not set. */
export function readInfraConfig(): InfraConfig {
  const environment = withoutEmpty(process.env)
  const data = resolve(dataDirectory(environment))
  return {
    dataDirectory: data,
    programsDirectory: resolve(environment.PROGRAMS_DIR ?? join(data, 'programs')),
    searchPath: (environment.PATH ?? '').split(':').filter(Boolean),
    postgresBin: environment.PG_BIN,
    given: withoutEmpty({
      nats: environment.NATS_URL,
      natsCa: environment.NATS_CA,
      redis: environment.REDIS_URL,
      database: environment.DATABASE_URL,
    }),
    environment,
  }
}

function withoutEmpty<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as { [K in keyof T]?: string }
}
