import { setTimeout as wait } from 'node:timers/promises'
import type { Effect } from './faults/fault.ts'
import { conflict, type PlannedFault } from './schedule.ts'
import type { SystemUnderTest } from './start.ts'

export interface Injected {
  readonly planned: PlannedFault
  /** Milliseconds since buying began. */
  readonly beganAt: number
  readonly endedAt: number
  readonly effect: Effect
}

const atOnce = 2
const lookAgainMs = 20

/**
 * Lets the planned faults happen, never more than two at once and never two that touch the same; who is early waits.
 * Resolves when all of them are healed, or when told to stop.
 */
export async function injectAll(
  system: SystemUnderTest,
  plan: readonly PlannedFault[],
  { stopping, onInjected }: { stopping: AbortSignal; onInjected(injected: Injected): void },
): Promise<void> {
  const began = performance.now()
  const now = (): number => performance.now() - began
  const active = new Map<PlannedFault, Promise<void>>()
  const mayBegin = (planned: PlannedFault): boolean =>
    active.size < atOnce && ![...active.keys()].some(({ fault }) => conflict(fault, planned.fault))

  for (const planned of plan) {
    await wait(Math.max(0, planned.atMs - now()), undefined, { signal: stopping }).catch(() => undefined)
    while (!mayBegin(planned) && !stopping.aborted) await wait(lookAgainMs)
    if (stopping.aborted) break
    const beganAt = now()
    const injected = inject(system, planned).then((effect) => {
      active.delete(planned)
      onInjected({ planned, beganAt, endedAt: now(), effect })
    })
    active.set(planned, injected)
  }
  await Promise.all(active.values())
}

async function inject(system: SystemUnderTest, { fault, target, lastsMs, amount }: PlannedFault): Promise<Effect> {
  try {
    return await fault.inject(system, { target, lastsMs, amount })
  } catch (error) {
    return { changed: false, seen: `failed: ${(error as Error).message}` }
  }
}
