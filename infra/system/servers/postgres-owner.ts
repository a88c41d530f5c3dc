import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, stat } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ExplainedError } from '../../explained-error.ts'

const run = promisify(execFile)

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Asked for once a process: to start another one is dear for a large process. */
let known: Owner | undefined

/** The user that PostgreSQL runs as when we are root, which it refuses; `undefined` when it may run as ourselves. */
export async function postgresOwner(): Promise<Owner | undefined> {
  if (userInfo().uid !== 0) return undefined
  known ??= await findPostgresUser()
  return known
}

async function findPostgresUser(): Promise<Owner> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((what) => run('id', [what, 'postgres'])))
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
  } catch (error) {
    throw new ExplainedError(
      'PostgreSQL does not run as root, and there is no user `postgres` to run it as: ' +
        'make one (useradd --system postgres) or start this as an ordinary user.',
      { cause: error },
    )
  }
}

/**
 * Lets nobody but ourselves into a folder. As root, PostgreSQL's user may pass through to its own data in it, and sees nothing
 * of the rest.
 */
export async function closeToOthers(directory: string): Promise<void> {
  // Without a user to run PostgreSQL as, no other user needs the way.
  const owner = await postgresOwner().catch(() => undefined)
  if (owner) await chown(directory, -1, owner.gid)
  await chmod(directory, owner ? 0o710 : 0o700)
}

/**
 * Where the database lies: below the data folder, or in the owner's home when the way to the data folder is closed to
 * the owner (a project in /root), always at the same place for the same data folder. `suffix` tells several apart.
 */
export async function postgresDirectory(dataDirectory: string, owner: Owner | undefined, suffix = ''): Promise<string> {
  if (!owner || (await canEnter(dataDirectory, owner))) return join(dataDirectory, `postgres${suffix}`)
  const name = `ticketing-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12)}`
  return join(await homeOf(owner), `${name}${suffix}`)
}

async function canEnter(directory: string, { uid, gid }: Owner): Promise<boolean> {
  const { mode, uid: folderUid, gid: folderGid } = await stat(directory)
  const enterBit = folderUid === uid ? 0o100 : folderGid === gid ? 0o010 : 0o001
  if (!(mode & enterBit)) return false
  const parent = dirname(directory)
  return parent === directory || canEnter(parent, { uid, gid })
}

/** On Debian /var/lib/postgresql. Elsewhere the system's temporary folder has to do. */
async function homeOf({ uid }: Owner): Promise<string> {
  const { stdout } = await run('getent', ['passwd', String(uid)]).catch(() => ({ stdout: '' }))
  const home = stdout.split(':')[5]
  const found = home ? await stat(home).catch(() => undefined) : undefined
  return home && found?.isDirectory() && found.uid === uid ? home : tmpdir()
}
