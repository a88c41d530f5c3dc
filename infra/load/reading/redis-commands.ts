import { askRedis } from '../../servers/ask-redis.ts'
import type { System } from './fronts.ts'
import { sampleOf } from './measure.ts'
import type { Scenario } from './plan.ts'
import { trafficOf } from './requests.ts'

/** Caches are full at once; leases have grown to what a caller needs once the second one has ended. */
const warmUpMs = 5_000
const measuredMs = 2_000
/** A single caller on fifty would have used half of their 600,000 a minute by then, and who has gets smaller leases. */
const connections = 2

/** How many commands Redis gets for a request of that scenario, once the first of them have filled the caches. */
export async function redisCommandsPerRequest(
  system: System,
  { scenario, redisPort, stopping }: { scenario: Scenario; redisPort: number; stopping: AbortSignal },
): Promise<number> {
  const traffic = trafficOf(scenario, { etag: '', nextHouse: () => '' })
  const load = { scenario, traffic, connections, leadInMs: 0, stopping }
  await sampleOf(system, { ...load, measuredMs: warmUpMs })
  const before = await commandsSoFar(redisPort)
  const { answered } = await sampleOf(system, { ...load, measuredMs })
  return ((await commandsSoFar(redisPort)) - before) / answered
}

/** Without those by which it is asked. */
async function commandsSoFar(port: number): Promise<number> {
  const text = await askRedis(port, (redis) => redis.info('commandstats'))
  const ours = new Set(['info', 'client|setinfo', 'client|setname', 'hello', 'ping'])
  return [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .filter(([, name]) => !ours.has(name ?? ''))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0)
}
