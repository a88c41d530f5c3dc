import type { System } from '../../system/start-system.ts'
import { organiserKey } from '../../system/temporary-settings.ts'
import { type Bench, withBar } from '../bench.ts'
import { cpuDuring } from '../cpu-time.ts'
import type { HttpConnection } from '../http-connection.ts'
import { askAsFastAsPossible, callerNames } from '../load.ts'
import { organise } from '../organise.ts'
import { openHouse } from '../selling/houses.ts'

const connections = 32
const seconds = 8

/** What a crowd before a waiting room costs, in µs of processor time a request. */
export interface CrowdCosts {
  readonly joins_per_second: number
  readonly join_us: { readonly gateway: number; readonly redis: number }
  readonly serving_per_second: number
  readonly serving_us: { readonly gateway: number; readonly redis: number }
}

/** Newcomers join one room as fast as one gateway lets them; then they look where its queue stands. */
export async function measureCrowd({ url, pids }: System, bench: Bench): Promise<CrowdCosts> {
  const eventId = await openHouse(url)
  // Nobody is called: what joins cost is all there is.
  await organise({ url, key: organiserKey }, 'PUT', `/admin/events/${eventId}/queue`, { state: 'paused' })
  const nextName = callerNames()
  const measure = async (label: string, send: (connection: HttpConnection) => Promise<{ status: number }>) => {
    const ask = async (connection: HttpConnection) => (await send(connection)).status < 300
    const { result: load, used } = await cpuDuring(pids(), () =>
      withBar(bench, { label, seconds }, (time) => askAsFastAsPossible({ url, ask, connections }, time)),
    )
    const us = (name: string): number => Math.round(((used.get(name) ?? 0) * 1e6) / load.succeeded)
    return {
      perSecond: Math.round(load.succeeded / load.seconds),
      us: { gateway: us('gateway-1'), redis: us('redis') },
    }
  }
  const joins = await measure('joining the queue', (connection) =>
    connection.post(`/events/${eventId}/queue`, JSON.stringify({ user_id: nextName() })),
  )
  const serving = await measure('looking at the queue', (connection) =>
    connection.get(`/events/${eventId}/queue/serving`),
  )
  return {
    joins_per_second: joins.perSecond,
    join_us: joins.us,
    serving_per_second: serving.perSecond,
    serving_us: serving.us,
  }
}
