import { randomUUID } from 'node:crypto'
import type { System } from '../../system/start-system.ts'
import { organiserKey } from '../../system/temporary-settings.ts'
import { type Bench, withBar } from '../bench.ts'
import { cpuDuring } from '../cpu-time.ts'
import type { HttpConnection } from '../http-connection.ts'
import { openHouses } from '../selling/houses.ts'
import { buyAsFastAsPossible } from '../selling/load.ts'

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
export async function measureCrowd(system: System, bench: Bench): Promise<CrowdCosts> {
  const { url } = system
  const [eventId = ''] = (await openHouses(url, 1, () => undefined)).ids
  await pauseRoom(url, eventId)
  const run = randomUUID().slice(0, 8)
  let callers = 0
  const ask = async (label: string, send: (connection: HttpConnection) => Promise<{ status: number }>) => {
    const buyers = { buy: async (connection: HttpConnection) => (await send(connection)).status < 300 }
    const { result: load, used } = await cpuDuring(system.pids(), () =>
      withBar(bench, { label, seconds }, (part) => buyAsFastAsPossible({ url, buyers, connections, ...part })),
    )
    const us = (name: string): number => Math.round(((used.get(name) ?? 0) * 1e6) / load.holds)
    return {
      perSecond: Math.round(load.holds / load.seconds),
      us: { gateway: us('gateway-1'), redis: us('redis') },
    }
  }
  const joins = await ask('joining the queue', (connection) => {
    callers += 1
    return connection.post(`/events/${eventId}/queue`, JSON.stringify({ user_id: `${run}-${callers}` }))
  })
  const serving = await ask('looking at the queue', (connection) => connection.get(`/events/${eventId}/queue/serving`))
  return {
    joins_per_second: joins.perSecond,
    join_us: joins.us,
    serving_per_second: serving.perSecond,
    serving_us: serving.us,
  }
}

/** Nobody is called: what joins cost is all there is. */
async function pauseRoom(url: string, eventId: string): Promise<void> {
  const response = await fetch(`${url}/admin/events/${eventId}/queue`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${organiserKey}` },
    body: JSON.stringify({ state: 'paused' }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`the waiting room was not set: ${await response.text()}`)
}
