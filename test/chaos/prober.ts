import { setTimeout as pause } from 'node:timers/promises'
import type { Shop } from './buyer.ts'
import { Random } from './random.ts'

/** One request of somebody who asks more often than they may. */
export interface Probe {
  readonly gateway: number
  /** By the history's clock. */
  readonly beganAt: number
  readonly endedAt: number
  /** `unknown`: no answer, or one that does not say. */
  readonly outcome: 'admitted' | 'refused' | 'unknown'
}

/** How many requests, of anybody, a gateway has decided without Redis since it began. */
export interface LocalDecisions {
  readonly gateway: number
  readonly beganAt: number
  readonly endedAt: number
  /** null: it did not say. */
  readonly count: number | null
}

/** Bursts and pauses: some 20 requests a second where less than 3 are allowed, and time for leases to be left lying. */
const burst = { from: 1, to: 60 }
const pauseMs = { from: 0, to: 2_500 }
const atOnceInBurst = 4
const patienceMs = 4_000
const askForDecisionsEveryMs = 1_000

/** Hammers all gateways until it is over. Its requests are refused as invalid right behind the limit, and reach no worker. */
export async function letProberHammer(shop: Shop, closed: AbortSignal): Promise<void> {
  await noteLocalDecisions(shop)
  const random = new Random(`prober ${shop.seed}`)
  await Promise.all([hammer(shop, random, closed), watchLocalDecisions(shop, closed)])
  await noteLocalDecisions(shop)
}

async function hammer(shop: Shop, random: Random, closed: AbortSignal): Promise<void> {
  while (!closed.aborted) {
    const gateways = random.pick([[0], [1], [0, 1]])
    let left = random.between(burst.from, burst.to)
    const hands = Array.from({ length: atOnceInBurst }, async () => {
      while (left > 0 && !closed.aborted) {
        left -= 1
        await probe(shop, random.pick(gateways))
      }
    })
    await Promise.all(hands)
    await random.pause(pauseMs, closed)
  }
}

async function probe({ history, gatewayUrls }: Shop, gateway: number): Promise<void> {
  const beganAt = history.now()
  const outcome = await askInvalid(`${gatewayUrls[gateway]}/holds/none?user_id=chaos-prober`).catch(
    () => 'unknown' as const,
  )
  history.probes.push({ gateway, beganAt, endedAt: history.now(), outcome })
}

async function askInvalid(url: string): Promise<Probe['outcome']> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
  await response.arrayBuffer()
  if (response.status === 429) return 'refused'
  return response.status === 400 ? 'admitted' : 'unknown'
}

async function watchLocalDecisions(shop: Shop, closed: AbortSignal): Promise<void> {
  while (!closed.aborted) {
    await pause(askForDecisionsEveryMs, undefined, { signal: closed }).catch(() => undefined)
    await noteLocalDecisions(shop)
  }
}

async function noteLocalDecisions({ history, gatewayUrls }: Shop): Promise<void> {
  const asked = gatewayUrls.map(async (url, gateway) => {
    const beganAt = history.now()
    const count = await countLocalDecisions(`${url}/metrics`).catch(() => null)
    history.localDecisions.push({ gateway, beganAt, endedAt: history.now(), count })
  })
  await Promise.all(asked)
}

async function countLocalDecisions(url: string): Promise<number | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
  const [, count] = /^rate_limit_local_total(?:\{[^}]*\})? (\d+)$/m.exec(await response.text()) ?? []
  return count === undefined ? null : Number(count)
}
