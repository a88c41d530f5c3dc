import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { startNatsNode } from '../../system/servers/nats.ts'
import type { Bench } from '../bench.ts'
import type { Answering } from '../sample.ts'
import type { System } from './fronts.ts'
import { peers } from './plan.ts'
import type { ReadingSystem } from './reading-system.ts'

const run = promisify(execFile)

const installWithinMs = 240_000

export interface PeerOptions {
  readonly replyFile: string
  /** What tells a gateway to limit requests. */
  readonly limits: Readonly<Record<string, string>>
}

/**
 * Each has a service of its own, which answers from memory, and a gateway without limits and one with them. They share Redis with
 * the others, but not NATS: ours permits no subjects but our own.
 */
export async function startPeers(
  reading: ReadingSystem,
  bench: Bench,
  { replyFile, limits }: PeerOptions,
): Promise<System[]> {
  console.log('Installing moleculer and NestJS into the data folder, where they are not yet.')
  const directory = await installPeers(bench.stopping)
  const nats = await startNatsNode({
    dataDirectory: join(reading.directory, 'peers'),
    configFile: join(import.meta.dirname, 'peers', 'nats.conf'),
    serverName: 'ticketing-peers',
    environment: {},
    monitoringPort: -1,
    isReady: async () => true,
    readyWithinMs: 15_000,
  })
  bench.onStop(() => nats.stop())
  const systems: System[] = []
  for (const name of peers) {
    const start = (instance: string, script: string, more: NodeJS.ProcessEnv = {}) =>
      reading.start(`${name}-${instance}`, {
        script: join(directory, name, script),
        directory,
        environment: { NATS_URL: nats.url, REPLY_FILE: replyFile, ...more },
      })
    const service = await start('service', 'service.mjs')
    const behind = new Map([...reading.pids(), ['nats', nats.pid], [service.name, service.pid]])
    const gateway = async (instance: string, more?: NodeJS.ProcessEnv): Promise<Answering> => {
      const { url, pid } = await start(instance, 'gateway.mjs', more)
      return { url, pid, behind }
    }
    systems.push({ name, open: await gateway('open'), limited: await gateway('limited', limits) })
  }
  return systems
}

/** Puts them and their packages into the data folder; what is there already is not fetched again. */
async function installPeers(stopping: AbortSignal): Promise<string> {
  const { dataDirectory, environment } = readInfraConfig()
  const folder = join(dataDirectory, 'bench', 'peers')
  await cp(join(import.meta.dirname, 'peers'), folder, { recursive: true })
  // What npm has told this process about the project must not reach the npm that it starts.
  const clean = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('npm_')))
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  try {
    await run('npm', args, { cwd: folder, env: clean, timeout: installWithinMs, signal: stopping })
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new ExplainedError(`The peers could not be installed in ${folder}:\n${stderr}`, { cause: error })
  }
  return folder
}
