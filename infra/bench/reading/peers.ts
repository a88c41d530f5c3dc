import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { startNatsNode } from '../../system/servers/nats.ts'
import type { System } from '../../system/start-system.ts'
import type { Bench } from '../bench.ts'
import type { Answering } from '../sample.ts'
import { type Front, startFront } from './fronts.ts'
import { peers } from './plan.ts'

const run = promisify(execFile)

const installWithinMs = 240_000

interface PeerOptions {
  readonly replyFile: string
  /** Environment of a gateway that limits requests. */
  readonly limits: Readonly<Record<string, string>>
}

/**
 * Each has a service of its own, which answers from memory, and a gateway without limits and one with them. They share Redis with
 * the others, but not NATS: ours permits no subjects but our own.
 */
export async function startPeers(system: System, bench: Bench, { replyFile, limits }: PeerOptions): Promise<Front[]> {
  console.log('Installing moleculer and NestJS into the data folder, where they are not yet.')
  const directory = await installPeers(bench.stopping)
  const nats = await startNatsNode({
    dataDirectory: join(system.directory, 'peers'),
    configFile: join(import.meta.dirname, 'peers', 'nats.conf'),
    serverName: 'ticketing-peers',
    environment: {},
  })
  bench.onStop(() => nats.stop())
  const fronts: Front[] = []
  for (const name of peers) {
    const start = (instance: string, script: string, more: NodeJS.ProcessEnv = {}) =>
      startFront(system, bench, `${name}-${instance}`, {
        script: join(directory, name, script),
        directory,
        environment: { NATS_URL: nats.url, REPLY_FILE: replyFile, ...more },
      })
    const service = await start('service', 'service.mjs')
    const behind = new Map([...system.pids(), ['nats', nats.pid], [service.name, service.pid]])
    const gateway = async (instance: string, more?: NodeJS.ProcessEnv): Promise<Answering> => {
      const { url, pid } = await start(instance, 'gateway.mjs', more)
      return { url, pid, behind }
    }
    fronts.push({ name, open: await gateway('open'), limited: await gateway('limited', limits) })
  }
  return fronts
}

/** Puts them and their packages into the data folder; what is there already is not fetched again. */
async function installPeers(stopping: AbortSignal): Promise<string> {
  const { dataDirectory, environment } = readInfraConfig()
  const folder = join(dataDirectory, 'bench', 'peers')
  await cp(join(import.meta.dirname, 'peers'), folder, { recursive: true })
  // The variables that npm set for this project must not reach the npm that is started here.
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
