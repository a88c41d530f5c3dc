import { Postgres, type PostgresOptions } from '#shared/database/postgres.ts'

/** Connections of a test's own. That one is lost while nobody uses it is part of some tests and a fault of none. */
export const openPostgres = (
  url: string,
  { maxConnections = 2, ...options }: Partial<Pick<PostgresOptions, 'maxConnections' | 'readConnections'>> = {},
): Postgres => new Postgres({ url, applicationName: 'test', maxConnections, ...options, onIdleError: () => undefined })
