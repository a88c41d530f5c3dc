import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { backupName, removeAbandoned, unfinishedName } from '../backups.ts'
import { writeChecksums } from '../checksums.ts'
import type { ClientTools } from '../client-tools.ts'
import { connectionOf } from '../connection.ts'
import { syncFolder, writeSynced } from '../write-synced.ts'
import { type BaseManifest, baseManifestFile, basesOf, firstWalFile } from './log-folder.ts'

export interface BaseBackupOptions {
  readonly client: pg.Client
  readonly databaseUrl: string
  readonly tools: ClientTools
  readonly stretch: string
  readonly stopping: AbortSignal
}

interface ServerFacts extends Pick<BaseManifest, 'serverVersion' | 'superuser' | 'database' | 'tickets'> {
  readonly segmentBytes: number
}

/** Copies the whole server, while it works, into a stretch. Complete or not there at all. Answers its folder. */
export async function makeBase({ client, databaseUrl, tools, stretch, stopping }: BaseBackupOptions): Promise<string> {
  const { segmentBytes, ...facts } = await readFacts(client)
  const name = backupName(await clockOf(client))
  await removeAbandoned(basesOf(stretch), new Date())
  const unfinished = join(basesOf(stretch), unfinishedName(name))
  await mkdir(unfinished, { mode: 0o700 })
  try {
    const { dbname, environment } = connectionOf(databaseUrl)
    await tools.run({
      tool: 'pg_basebackup',
      args: [
        `--pgdata=${unfinished}`,
        '--format=tar',
        '--compress=client-gzip:1',
        '--wal-method=stream',
        // Else it waits for the next one, which may be minutes away.
        '--checkpoint=fast',
        '--no-password',
        `--dbname=${dbname}`,
      ],
      environment,
      stopping,
    })
    const pgManifest = await readFile(join(unfinished, 'backup_manifest'), 'utf8')
    const manifest: BaseManifest = {
      format: 1,
      completedAt: await clockOf(client),
      ...facts,
      firstWalFile: firstWalFile(pgManifest, segmentBytes),
    }
    await writeSynced(join(unfinished, baseManifestFile), `${JSON.stringify(manifest, null, 2)}\n`)
    await writeChecksums(unfinished)
    await syncFolder(unfinished)
    const place = join(basesOf(stretch), name)
    await rename(unfinished, place)
    await syncFolder(basesOf(stretch))
    return place
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

async function readFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS "serverVersion", current_database() AS database,
       (SELECT count(*)::int FROM booking.tickets) AS tickets,
       (SELECT rolname::text FROM pg_roles WHERE oid = 10) AS superuser,
       pg_size_bytes(current_setting('wal_segment_size'))::int AS "segmentBytes"`,
  )
  if (rows[0] === undefined) throw new Error('the server did not describe itself')
  return rows[0]
}

async function clockOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  if (rows[0] === undefined) throw new Error('the server did not say what time it is')
  return rows[0].now.toISOString()
}
