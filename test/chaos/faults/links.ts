import { setTimeout as wait } from 'node:timers/promises'
import { type Link, type LinkPlan, nameOf } from '../../../infra/system/links.ts'
import type { Effect, Fault } from './fault.ts'

/** A link that nobody happens to use yet shows no effect; it gets this much longer to show one. */
const extraMs = 3_000
const lookEveryMs = 20

/** What was asked is done, but the answer and its connection are gone. */
export const loseReplies = (plan: LinkPlan): Fault =>
  onLink('lose replies', plan, [1_000, 1_000], async (link, { amount, lastsMs }) => {
    const before = link.counts.repliesLost
    const lost = (): number => link.counts.repliesLost - before
    link.loseReplies(amount)
    await waitAtMost(lastsMs, () => lost() >= amount)
    await waitAtMost(extraMs, () => lost() > 0)
    return { changed: lost() > 0, seen: `${lost()} replies lost` }
  })

/** All its connections are reset at once. */
export const cutLink = (plan: LinkPlan): Fault =>
  onLink('cut', plan, [0, 0], async (link) => {
    const before = link.counts.cut
    link.cut()
    return { changed: link.counts.cut > before, seen: `${link.counts.cut - before} connections cut` }
  })

/** Nothing moves, in either direction, and then everything arrives late. */
export const freezeLink = (plan: LinkPlan): Fault =>
  onLink('freeze link', plan, [400, 1_500], async (link, { lastsMs }) => {
    const before = link.counts.withheld
    link.freeze()
    await wait(lastsMs)
    await waitAtMost(extraMs, () => link.counts.withheld > before)
    return { changed: link.counts.withheld > before, seen: `${link.counts.withheld - before} bytes came late` }
  })

/** Connections are taken, and nothing is answered. */
export const blackHole = (plan: LinkPlan): Fault =>
  onLink('black hole', plan, [800, 2_500], async (link, { lastsMs }) => {
    const before = link.counts.swallowed
    link.blackHole()
    await wait(lastsMs)
    await waitAtMost(extraMs, () => link.counts.swallowed > before)
    return { changed: link.counts.swallowed > before, seen: `${link.counts.swallowed - before} bytes swallowed` }
  })

function onLink(
  kind: string,
  plan: LinkPlan,
  lastsMs: readonly [number, number],
  harm: (link: Link, damage: { amount: number; lastsMs: number }) => Promise<Effect>,
): Fault {
  const name = nameOf(plan)
  return {
    kind,
    targets: [name],
    touches: [plan.client, plan.server],
    lastsMs,
    async inject(system, damage) {
      const link = system.link(name)
      try {
        return await harm(link, damage)
      } finally {
        link.pass()
      }
    },
  }
}

async function waitAtMost(ms: number, enough: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + ms
  while (!enough() && performance.now() < giveUpAt) await wait(lookEveryMs)
}
