import { setTimeout as pause } from 'node:timers/promises'
import { type Shop, visit } from './buyer.ts'
import { acknowledgedPurchases } from './checks/evidence.ts'
import { letCrowdsCome } from './crowd.ts'
import type { ChaosFlags } from './flags.ts'
import { letFlooderSend } from './flooder.ts'
import { type Injected, injectAll } from './injector.ts'
import { letOrganiserChange } from './organiser.ts'
import { letProberHammer } from './prober.ts'
import { letBuyersQueue } from './queue.ts'
import { letReadersLook } from './readers.ts'
import { leastPurchases } from './report.ts'
import { planFaults } from './schedule.ts'
import { heal, type SystemUnderTest } from './start.ts'

export const buyersAtOnce = 24
const progressEveryMs = 10_000
/** A slow machine gets at most so many more, until `leastPurchases` are made. */
const moreSeconds = 100

export interface ShoppingOptions {
  readonly flags: ChaosFlags
  readonly stopping: AbortSignal
  onInjected(injected: Injected): void
}

/**
 * Buyers come and go for so many seconds while the planned faults happen; then all is healed and the last buyers finish. A
 * slow machine gets more time.
 */
export async function letBuyersShop(system: SystemUnderTest, shop: Shop, options: ShoppingOptions): Promise<void> {
  const { flags, stopping, onInjected } = options
  let faults = 0
  const closing = new AbortController()
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1_000
  const bought = (): number => acknowledgedPurchases(shop.history).length
  const isOver = (): boolean =>
    seconds() >= flags.seconds && (bought() >= leastPurchases || seconds() >= flags.seconds + moreSeconds)
  const progress = setInterval(() => {
    const counts = `${faults} faults, ${shop.history.entries.length} requests, ${bought()} acknowledged purchases`
    console.log(`  ${Math.round(seconds())} s of ${flags.seconds}: ${counts}`)
  }, progressEveryMs)
  const closed = AbortSignal.any([closing.signal, stopping])
  const buyers = buyUntil(shop, closed)
  const others = [
    letReadersLook(shop, closed),
    letOrganiserChange(shop, closed),
    letProberHammer(shop, closed),
    letFlooderSend(shop, closed),
    shop.watchers.watch(closed),
    // Refusals of a crowd would count as failures where a run measures how soon selling is back to normal.
    ...(flags.topology === 'single' ? [letCrowdsCome(shop, closed), letBuyersQueue(shop, closed)] : []),
  ]
  try {
    await injectAll(system, planFaults(flags), {
      stopping,
      onInjected(injected) {
        faults += 1
        onInjected(injected)
      },
    })
    while (!isOver() && !stopping.aborted) await pause(200)
  } finally {
    closing.abort()
    clearInterval(progress)
    // Told to stop, nobody waits for buyers: what they ask fails at once when the system is gone.
    if (!stopping.aborted) {
      await heal(system)
      await Promise.all([buyers, ...others])
    }
  }
}

async function buyUntil(shop: Shop, closed: AbortSignal): Promise<void> {
  let visitors = 0
  const buyers = Array.from({ length: buyersAtOnce }, async () => {
    while (!closed.aborted) {
      visitors += 1
      await visit(shop, visitors)
    }
  })
  await Promise.all(buyers)
}
