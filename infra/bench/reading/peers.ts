import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { startNatsNode } from '../../system/servers/nats.ts'
import type { System } from './fronts.ts'
import { peers } from './plan.ts'
import { otherKind, type ReadingSystem } from './reading-system.ts'

const run = promisify(execFile)

const installWithinMs = 240_000

export interface StartedPeers {
  readonly systems: readonly System[]
  stop(): Promise<void>
}

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
  surroundings: ReadingSystem,
  { replyFile, limits }: PeerOptions,
): Promise<StartedPeers> {
  const folder = await installPeers(surroundings.stopping)
  const nats = await startNatsNode({
    dataDirectory: join(surroundings.directory, 'peers'),
    configFile: join(import.meta.dirname, 'peers', 'nats.conf'),
    serverName: 'ticketing-peers',
    environment: {},
    monitoringPort: -1,
    isReady: async () => true,
    readyWithinMs: 15_000,
  })
  try {
    const systems: System[] = []
    for (const name of peers) {
      const start = (instance: string, script: string, more: Readonly<Record<string, string>> = {}) =>
        surroundings.start({
          instance: `${name}-${instance}`,
          kind: otherKind(join(folder, name, script)),
          directory: folder,
          environment: { NATS_URL: nats.url, REPLY_FILE: replyFile, ...more },
        })
      const service = await start('service', 'service.mjs')
      systems.push({
        name,
        open: await start('open', 'gateway.mjs'),
        limited: await start('limited', 'gateway.mjs', limits),
        behind: new Map([...surroundings.pids(), ['nats', nats.pid], [`${name}-service`, service.pid]]),
      })
    }
    return { systems, stop: () => nats.stop() }
  } catch (error) {
    await nats.stop()
    throw error
  }
}

/** Puts them and their packages into the data folder; what is there already is not fetched again. */
async function installPeers(stopping: AbortSignal): Promise<string> {
  const { dataDirectory, environment } = readInfraConfig()
  const folder = join(dataDirectory, 'bench', 'peers')
  await cp(join(import.meta.dirname, 'peers'), folder, { recursive: true })
  // What npm has told this process about the project must not reach the npm that it starts.
  const clean = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('npm_')))
  try {
    await run('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      env: clean,
      timeout: installWithinMs,
      signal: stopping,
    })
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new ExplainedError(`The peers could not be installed in ${folder}:\n${stderr}`, { cause: error })
  }
  return folder
}
