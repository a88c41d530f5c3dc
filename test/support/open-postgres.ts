import { Postgres, type PostgresOptions } from '#shared/database/postgres.ts'

interface Options extends Partial<Omit<PostgresOptions, 'url' | 'onIdleError'>> {
  /** Whether it waits for locks and statements no longer than the product does. Else a loaded machine makes no difference. */
  readonly isImpatient?: boolean
}

/** Settings of the driver in a URL count more than those that the product gives it. */
const patience = {
  lock_timeout: '10000',
  statement_timeout: '30000',
  query_timeout: '31000',
  idle_in_transaction_session_timeout: '60000',
}

function patient(url: string): string {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(patience)) changed.searchParams.set(name, value)
  return changed.href
}

/** Connections of a test's own. That one is lost while nobody uses it is part of some tests and a fault of none. */
export const openPostgres = (url: string, { isImpatient = false, ...options }: Options = {}): Postgres =>
  new Postgres({
    ...{ url: isImpatient ? url : patient(url), applicationName: 'test', maxConnections: 2, connectTimeoutMs: 30_000 },
    ...options,
    onIdleError: () => undefined,
  })
