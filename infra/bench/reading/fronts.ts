import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import type { Answering } from '../sample.ts'
import { startPeers } from './peers.ts'
import { bookingsPerMinute, maximumPerMinute, type Scenario, type SystemName } from './plan.ts'
import type { ReadingSystem } from './reading-system.ts'
import { readPath } from './requests.ts'

/** What is measured. */
export interface System {
  readonly name: SystemName
  /** Without limits on requests. */
  readonly open: Answering
  /** With them; the same as `open` where there are none. */
  readonly limited: Answering
}

export interface Fronts {
  readonly systems: ReadonlyMap<SystemName, System>
  /** What all of them answer to `readPath`. */
  readonly reply: Buffer
}

/** The process of a system that answers a scenario. */
export function frontOf({ open, limited }: System, scenario: Scenario): Answering {
  return scenario === 'hit+limit' || scenario === 'refused' ? limited : open
}

/** Starts everybody; all but one are idle at any time. */
export async function startFronts(
  reading: ReadingSystem,
  bench: Bench,
  { peers }: { peers: boolean },
): Promise<Fronts> {
  const behind = reading.pids()
  const start = async (instance: string, script?: string, environment = {}): Promise<Answering> => {
    const { url, pid } = await reading.start(instance, { ...(script !== undefined && { script }), environment })
    return { url, pid, behind }
  }
  const ours: System = {
    name: 'ours',
    open: await start('ours-open', undefined, { RATE_LIMITS: 'off' }),
    limited: await start('ours-limited', undefined, {
      RATE_LIMIT_MAXIMA: ['address', 'browse', 'sell', 'demo-body']
        .map((name) => `${name}=${maximumPerMinute}`)
        .join(','),
      TRUSTED_PROXIES: '127.0.0.1',
    }),
  }
  const reply = await bodyOf(ours.open.url)
  const replyFile = join(reading.directory, 'reply.json')
  await writeFile(replyFile, reply)
  const limits = { READS_PER_MINUTE: String(maximumPerMinute), BOOKINGS_PER_MINUTE: String(bookingsPerMinute) }
  const koa = await start('koa', 'infra/bench/reading/systems/koa.ts', { REPLY_FILE: replyFile })
  const obvious = 'infra/bench/reading/systems/koa-obvious.ts'
  const systems: System[] = [
    ours,
    { name: 'koa', open: koa, limited: koa },
    {
      name: 'koa-obvious',
      open: await start('koa-obvious-open', obvious),
      limited: await start('koa-obvious-limited', obvious, limits),
    },
    ...(peers ? await startPeers(reading, bench, { replyFile, limits }) : []),
  ]
  for (const { name, open, limited } of systems) {
    for (const { url } of [open, limited]) {
      if (!reply.equals(await bodyOf(url))) throw new Error(`${name} does not answer the same bytes`)
    }
  }
  return { systems: new Map(systems.map((system) => [system.name, system])), reply }
}

async function bodyOf(url: string): Promise<Buffer> {
  const response = await fetch(`${url}${readPath}`, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${url}${readPath} answers ${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}
