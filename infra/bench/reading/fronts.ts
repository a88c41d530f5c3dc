import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Application, type ApplicationPlan, kinds, startApplication } from '../../system/application.ts'
import type { System } from '../../system/start-system.ts'
import type { Bench } from '../bench.ts'
import type { Answering } from '../sample.ts'
import { startPeers } from './peers.ts'
import { bookingsPerMinute, maximumPerMinute, type Scenario, type SystemName } from './plan.ts'
import { readPath } from './requests.ts'

/** What is measured. */
export interface Front {
  readonly name: SystemName
  /** Without limits on requests. */
  readonly open: Answering
  /** With them; the same as `open` where there are none. */
  readonly limited: Answering
}

export interface Fronts {
  readonly systems: ReadonlyMap<SystemName, Front>
  /** What all of them answer to `readPath`. */
  readonly reply: Buffer
}

/** The process that answers a scenario. */
export function answeringOf({ open, limited }: Front, scenario: Scenario): Answering {
  return scenario === 'hit+limit' || scenario === 'refused' ? limited : open
}

interface FrontPlan extends Pick<ApplicationPlan, 'directory'> {
  /** Of one that is compared with ours; it reports its URL. */
  readonly script?: string
  readonly environment?: NodeJS.ProcessEnv
}

/**
 * Starts a process beside the gateway of a system, which serves only organisers here. NATS knows all of them as the gateway.
 */
export async function startFront(
  system: System,
  { stopping, onStop }: Bench,
  instance: string,
  { script, directory, environment }: FrontPlan,
): Promise<Application> {
  stopping.throwIfAborted()
  const process = await startApplication({
    kind: script === undefined ? kinds.gateway : { title: instance, instance, script, listens: false },
    instance,
    directory,
    logDirectory: system.logDirectory,
    environment: {
      ...system.environment('gateway'),
      DATABASE_URL: system.databaseUrl,
      RATE_LIMITS: undefined,
      ...environment,
    },
  })
  onStop(() => process.stop())
  return process
}

/** Starts everybody; all but one are idle at any time. */
export async function startFronts(system: System, bench: Bench, { peers }: { peers: boolean }): Promise<Fronts> {
  const behind = system.pids()
  const start = async (instance: string, plan: FrontPlan): Promise<Answering> => {
    const { url, pid } = await startFront(system, bench, instance, plan)
    return { url, pid, behind }
  }
  const classes = ['address', 'browse', 'sell', 'demo-body']
  const ours: Front = {
    name: 'ours',
    open: await start('ours-open', { environment: { RATE_LIMITS: 'off' } }),
    limited: await start('ours-limited', {
      environment: {
        RATE_LIMIT_MAXIMA: classes.map((name) => `${name}=${maximumPerMinute}`).join(','),
        TRUSTED_PROXIES: '127.0.0.1',
      },
    }),
  }
  const reply = await bodyOf(ours.open.url)
  const replyFile = join(system.directory, 'reply.json')
  await writeFile(replyFile, reply)
  const limits = { READS_PER_MINUTE: String(maximumPerMinute), BOOKINGS_PER_MINUTE: String(bookingsPerMinute) }
  const koa = await start('koa', {
    script: 'infra/bench/reading/systems/koa.ts',
    environment: { REPLY_FILE: replyFile },
  })
  const script = 'infra/bench/reading/systems/koa-obvious.ts'
  const fronts: Front[] = [
    ours,
    { name: 'koa', open: koa, limited: koa },
    {
      name: 'koa-obvious',
      open: await start('koa-obvious-open', { script }),
      limited: await start('koa-obvious-limited', { script, environment: limits }),
    },
    ...(peers ? await startPeers(system, bench, { replyFile, limits }) : []),
  ]
  for (const { name, open, limited } of fronts) {
    for (const { url } of [open, limited]) {
      if (!reply.equals(await bodyOf(url))) throw new Error(`${name} does not answer the same bytes`)
    }
  }
  return { systems: new Map(fronts.map((front) => [front.name, front])), reply }
}

async function bodyOf(url: string): Promise<Buffer> {
  const response = await fetch(`${url}${readPath}`, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${url}${readPath} answers ${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}
