import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { projectRoot } from '../../../infra/config.ts'
import { freePort } from '../../../infra/system/free-port.ts'
import { requireProgram } from '../../../infra/system/programs/program.ts'
import { startServer } from '../../../infra/system/server.ts'
import { applyEdits, type Edit } from '../../support/edits.ts'
import { createTestDirectory } from '../../support/servers.ts'

type RedisConfig = 'redis.conf' | 'cluster.conf' | 'sentinel.conf'

export interface RunningRedis {
  readonly port: number
  /** Answers a command as text. */
  ask(command: string, ...args: string[]): Promise<unknown>
  stop(): Promise<void>
}

export interface StartOptions {
  /** A change of the file before it is read. */
  readonly edit?: Edit | undefined
  /** Given in the way that the file names. */
  readonly password?: string
}

/** Starts redis-server with one of the files of `infra/deploy/redis`, on a free port and new data. Throws what it says against it. */
export async function startWith(name: RedisConfig, { edit, password }: StartOptions = {}): Promise<RunningRedis> {
  const program = await requireProgram('redis-server')
  const directory = await createTestDirectory('redis-config')
  const config = join(directory, name)
  await cp(join(projectRoot, 'infra/deploy/redis'), directory, { recursive: true })
  await applyEdits(directory, [
    // Its data go where the file is, and the file it includes is found there.
    { file: 'redis.conf', from: 'dir /data', to: `dir ${directory}` },
    { file: 'sentinel.conf', from: 'dir /tmp', to: `dir ${directory}` },
    { file: 'cluster.conf', from: 'include redis.conf', to: `include ${directory}/redis.conf` },
    // redis-1 is a name in the operator's network.
    { file: 'sentinel.conf', from: 'ticketing redis-1 ', to: 'ticketing localhost ' },
    ...(edit ? [edit] : []),
  ])
  if (password !== undefined && name === 'sentinel.conf') await fillIn(config, password)
  const passwords = name === 'sentinel.conf' || password === undefined ? [] : passwordArguments(password)
  const mode = name === 'sentinel.conf' ? ['--sentinel'] : []
  const port = await freePort()
  const server = await startServer(
    () => ({
      name: 'redis',
      program,
      arguments: () => [config, ...mode, '--bind', '127.0.0.1', '--port', String(port), ...passwords],
      url: `redis://127.0.0.1:${port}`,
      // Redis overwrites its command line with this title.
      commandLinePart: `127.0.0.1:${port}`,
      isReady: async () => (await asking({ port, password }, (redis) => redis.ping())) === 'PONG',
      readyWithinMs: 15_000,
      stopSignal: 'SIGTERM',
    }),
    { dataDirectory: directory, port },
  )
  return {
    port,
    ask: (command, ...args) => asking({ port, password }, (redis) => redis.call(command, ...args)),
    stop: async () => void (await server.stop()),
  }
}

/** Gives every line that waits for a password the same. */
async function fillIn(file: string, password: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/^# (requirepass|sentinel [a-z]+-pass.*) …$/gm, `$1 ${password}`))
}

function passwordArguments(password: string): string[] {
  return ['--requirepass', password, '--masterauth', password]
}

async function asking<Answer>(
  { port, password }: { port: number; password: string | undefined },
  question: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    ...(password !== undefined && { password }),
    lazyConnect: true,
    enableReadyCheck: false,
    commandTimeout: 10_000,
    retryStrategy: () => null,
  })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}
