import { askRedis } from '../../system/servers/ask-redis.ts'
import type { System } from './fronts.ts'
import { sampleOf } from './measure.ts'
import type { Scenario } from './plan.ts'
import { trafficOf } from './requests.ts'

/** Caches are full at once; leases have grown to what a caller needs once the second one has ended. */
const warmUpMs = 5_000
const measuredMs = 2_000
/** A single caller on fifty would have used half of their 600,000 a minute by then, and who has gets smaller leases. */
const connections = 2

/** How many commands are sent to Redis for a request of that scenario, once the first of them have filled the caches. */
export async function redisCommandsPerRequest(
  system: System,
  { scenario, redisPort, stopping }: { scenario: Scenario; redisPort: number; stopping: AbortSignal },
): Promise<number> {
  const traffic = trafficOf(scenario, { etag: '', nextHouse: () => '' })
  const load = { scenario, traffic, connections, leadInMs: 0, stopping }
  await sampleOf(system, { ...load, measuredMs: warmUpMs })
  return askRedis(redisPort, async (redis) => {
    const monitor = await redis.monitor()
    let sent = 0
    // A script is one command, whatever it does.
    monitor.on('monitor', (_at: string, _command: string[], source: string) => {
      if (source !== 'lua') sent += 1
    })
    try {
      const { answered } = await sampleOf(system, { ...load, measuredMs })
      return sent / answered
    } finally {
      monitor.disconnect()
    }
  })
}
