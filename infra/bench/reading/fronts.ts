import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startNginx } from './nginx.ts'
import { startPeers } from './peers.ts'
import { bookingsPerMinute, maximumPerMinute, type Scenario, type SystemName } from './plan.ts'
import { otherKind, type ReadingSystem } from './reading-system.ts'
import { readPath } from './requests.ts'

/** A process that answers HTTP. */
export interface Front {
  readonly url: string
  readonly pid: number
}

/** What is measured. */
export interface System {
  readonly name: SystemName
  /** Without limits on requests. */
  readonly open: Front
  /** With them; the same as `open` where there are none. */
  readonly limited: Front
  /** What works behind it, by what it is. */
  readonly behind: ReadonlyMap<string, number>
}

export interface Fronts {
  readonly systems: ReadonlyMap<SystemName, System>
  /** What all of them answer to `readPath`. */
  readonly reply: Buffer
  stop(): Promise<void>
}

const limitedScenarios: ReadonlySet<Scenario> = new Set(['hit+limit', 'refused', 'mixed'])

/** The process of a system that answers a scenario. */
export function frontOf(system: System, scenario: Scenario): Front {
  return limitedScenarios.has(scenario) ? system.limited : system.open
}

/** Starts everybody at once; all but one are idle at any time. */
export async function startFronts(surroundings: ReadingSystem, { peers }: { peers: boolean }): Promise<Fronts> {
  const { start, directory } = surroundings
  const behind = surroundings.pids()
  const systems = new Map<SystemName, System>()
  const closers: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    const gateway = (kind: 'open' | 'limited', environment: Record<string, string>): Promise<Front> =>
      start({
        instance: `ours-${kind}`,
        environment,
      })
    systems.set('ours', {
      name: 'ours',
      open: await gateway('open', { RATE_LIMITS: 'off' }),
      limited: await gateway('limited', {
        RATE_LIMIT_MAXIMA: ['address', 'browse', 'sell', 'demo-body']
          .map((name) => `${name}=${maximumPerMinute}`)
          .join(','),
        TRUSTED_PROXIES: '127.0.0.1',
      }),
      behind,
    })

    const reply = await bodyOf(systems.get('ours')?.open.url ?? '')
    const replyFile = join(directory, 'reply.json')
    await writeFile(replyFile, reply)
    for (const name of ['node-http', 'koa'] as const) {
      const environment = { REPLY_FILE: replyFile }
      const front = await start({
        instance: name,
        kind: otherKind(`infra/bench/reading/systems/${name}.ts`),
        environment,
      })
      systems.set(name, { name, open: front, limited: front, behind })
    }
    const limits = { READS_PER_MINUTE: String(maximumPerMinute), BOOKINGS_PER_MINUTE: String(bookingsPerMinute) }
    for (const name of ['koa-obvious', 'koa-string'] as const) {
      const kind = otherKind(`infra/bench/reading/systems/${name}.ts`)
      const open = await start({ instance: `${name}-open`, kind })
      const limited = await start({ instance: `${name}-limited`, kind, environment: limits })
      systems.set(name, { name, open, limited, behind })
    }
    const nginx = await startNginx({ directory, reply })
    closers.push(() => nginx.stop())
    systems.set('nginx', { name: 'nginx', open: nginx, limited: nginx, behind })
    if (peers) {
      const started = await startPeers(surroundings, { replyFile, limits })
      closers.push(() => started.stop())
      for (const system of started.systems) systems.set(system.name, system)
    }
    for (const { name, open, limited } of systems.values()) {
      for (const { url } of [open, limited]) {
        if (!reply.equals(await bodyOf(url))) throw new Error(`${name} does not answer the same bytes`)
      }
    }
    return { systems, reply, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function bodyOf(url: string): Promise<Buffer> {
  const response = await fetch(`${url}${readPath}`, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${url}${readPath} answers ${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}
