import { setTimeout as wait } from 'node:timers/promises'
import { type Edge, nameOf } from '../edges.ts'
import type { FaultProxy } from '../proxy.ts'
import type { Effect, Fault } from './fault.ts'

/** An edge that nobody happens to use yet shows no effect; it gets this much longer to show one. */
const extraMs = 3_000
const lookEveryMs = 20

/** What was asked is done, but the answer and its connection are gone. */
export function loseReplies(edge: Edge): Fault {
  return onEdge('lose replies', edge, [1_000, 1_000], async (proxy, { amount, lastsMs }) => {
    const before = proxy.counts.repliesLost
    const lost = (): number => proxy.counts.repliesLost - before
    proxy.loseReplies(amount)
    await waitAtMost(lastsMs, () => lost() >= amount)
    await waitAtMost(extraMs, () => lost() > 0)
    return { changed: lost() > 0, seen: `${lost()} replies lost` }
  })
}

/** All its connections are reset at once. */
export function cutEdge(edge: Edge): Fault {
  return onEdge('cut', edge, [0, 0], async (proxy) => {
    const before = proxy.counts.cut
    proxy.cut()
    return { changed: proxy.counts.cut > before, seen: `${proxy.counts.cut - before} connections cut` }
  })
}

/** Nothing moves, in either direction, and then everything arrives late. */
export function freezeEdge(edge: Edge): Fault {
  return onEdge('freeze edge', edge, [400, 1_500], async (proxy, { lastsMs }) => {
    const before = proxy.counts.withheld
    proxy.freeze()
    await wait(lastsMs)
    await waitAtMost(extraMs, () => proxy.counts.withheld > before)
    return { changed: proxy.counts.withheld > before, seen: `${proxy.counts.withheld - before} bytes came late` }
  })
}

/** Whoever asks is heard by nobody. */
export function blackHole(edge: Edge): Fault {
  return onEdge('black hole', edge, [800, 2_500], async (proxy, { lastsMs }) => {
    const before = proxy.counts.swallowed
    proxy.blackHole()
    await wait(lastsMs)
    await waitAtMost(extraMs, () => proxy.counts.swallowed > before)
    return { changed: proxy.counts.swallowed > before, seen: `${proxy.counts.swallowed - before} bytes swallowed` }
  })
}

function onEdge(
  kind: string,
  edge: Edge,
  lastsMs: readonly [number, number],
  harm: (proxy: FaultProxy, damage: { amount: number; lastsMs: number }) => Promise<Effect>,
): Fault {
  const name = nameOf(edge)
  return {
    kind,
    targets: [name],
    touches: [edge.client, edge.server],
    lastsMs,
    async inject(system, damage) {
      const proxy = system.proxy(name)
      try {
        return await harm(proxy, damage)
      } finally {
        proxy.pass()
      }
    },
  }
}

async function waitAtMost(ms: number, enough: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + ms
  while (!enough() && performance.now() < giveUpAt) await wait(lookEveryMs)
}
