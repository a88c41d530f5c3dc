import { chown, mkdir, rm } from 'node:fs/promises'
import type pg from 'pg'
import { until } from '../../until.ts'
import { withDatabase } from '../../with-database.ts'
import { requireProgram } from '../programs/program.ts'
import type { Server } from '../server.ts'
import { databasePasswords } from '../servers/database-users.ts'
import { type PostgresOptions, runPostgres, startPostgres, superuser } from '../servers/postgres.ts'
import { postgresDirectory, postgresOwner } from '../servers/postgres-owner.ts'

const promotedWithinSeconds = 30

/** Where their data lies, and whether they sync it. */
type PairOptions = Pick<PostgresOptions, 'dataDirectory' | 'durable'>

/**
 * Two private PostgreSQL servers. Nothing is committed on the primary before the standby has it on its disk, so the standby can
 * take over at any moment without losing an acknowledged commit.
 *
 * The address of the primary changes with each promotion: the caller needs a proxy that leads clients there.
 */
export class PostgresPair {
  readonly #options: PairOptions
  #primary: Server
  #standby: Server | undefined

  private constructor(options: PairOptions, primary: Server) {
    this.#options = options
    this.#primary = primary
  }

  /** Returns when both run and the primary waits for the standby. */
  static async start(options: PairOptions): Promise<PostgresPair> {
    const pair = new PostgresPair(options, await startNode(options, '-1'))
    try {
      await pair.addStandby()
      return pair
    } catch (error) {
      await pair.stop()
      throw error
    }
  }

  get primary(): Server {
    return this.#primary
  }

  /** `undefined` from a promotion until `addStandby`. */
  get standby(): Server | undefined {
    return this.#standby
  }

  /**
   * Makes the standby the primary and returns when it takes writes. The old primary must be dead: both would take them.
   * Until there is a new standby, what is committed is on one disk only.
   */
  async promote(): Promise<void> {
    const standby = this.#standby
    if (standby === undefined) throw new Error('there is no standby to promote')
    await withDatabase(standby.url, async (client) => {
      const { rows } = await client.query<{ promoted: boolean }>('SELECT pg_promote(true, $1) AS promoted', [
        promotedWithinSeconds,
      ])
      if (!rows[0]?.promoted)
        throw new Error(`${standby.name} has not become primary within ${promotedWithinSeconds} s`)
    })
    this.#primary = standby
    this.#standby = undefined
  }

  /** Copies the primary into the place of the other server, which must not run, and lets the primary wait for it from then on. */
  async addStandby(): Promise<void> {
    const suffix = this.#primary.name.endsWith('-1') ? '-2' : '-1'
    await copyPrimary(this.#primary, this.#options, suffix)
    const standby = await startNode(this.#options, suffix)
    this.#standby = standby
    await withDatabase(this.#primary.url, async (client) => {
      // Named before it has caught up, it would keep all commits waiting.
      await untilStandby(client, standby.name, `state = 'streaming'`)
      await client.query(`ALTER SYSTEM SET synchronous_standby_names = '"${standby.name}"'`)
      await client.query('SELECT pg_reload_conf()')
      await untilStandby(client, standby.name, `sync_state = 'sync'`)
    })
  }

  async stop(): Promise<void> {
    // First: a primary that stops waits until its standby has everything.
    await this.#primary.stop()
    await this.#standby?.stop()
  }
}

function startNode(options: PairOptions, suffix: string): Promise<Server> {
  return startPostgres({ ...options, suffix, waitsForStandby: true })
}

/** Leaves a data folder with which a server starts as standby of `primary`, under the name that is the server's. */
async function copyPrimary(primary: Server, { dataDirectory }: PairOptions, suffix: string): Promise<void> {
  const [owner, program] = [await postgresOwner(), await requireProgram('postgres')]
  const directory = await postgresDirectory(dataDirectory, owner, suffix)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { mode: 0o700 })
  if (owner) await chown(directory, owner.uid, owner.gid)
  // Not synced: processes die here, machines do not. What is committed from now on is.
  const source = `host=127.0.0.1 port=${primary.port} user=${superuser} application_name=postgres${suffix}`
  const args = ['--dbname', source, '--pgdata', directory, '--write-recovery-conf', '--checkpoint=fast', '--no-sync']
  const password = databasePasswords(dataDirectory).superuser
  await runPostgres('pg_basebackup', args, { program, owner }, { PGPASSWORD: password })
}

/** `condition` is SQL over `pg_stat_replication`. */
function untilStandby(client: pg.Client, name: string, condition: string): Promise<void> {
  const text = `SELECT FROM pg_stat_replication WHERE application_name = $1 AND ${condition}`
  const isSo = async (): Promise<boolean> => (await client.query(text, [name])).rows.length > 0
  return until(`${name} follows the primary`, isSo, { timeoutMs: 30_000 })
}
