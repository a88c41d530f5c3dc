import { setTimeout as pause } from 'node:timers/promises'
import { organiserKey } from '../../system/temporary-settings.ts'
import type { System } from './fronts.ts'
import { type ManyKeysOptions, type ReadingFigures, readManyKeys } from './many-keys.ts'
import { rounded } from './results.ts'

const perSecond = 100

export interface ChangingFigures extends ReadingFigures {
  readonly changes_per_second: number
  readonly failed_changes: number
}

/** Readers of events that an organiser changes at another gateway. */
export async function readWhileChanging(
  system: System,
  { organiserUrl, ...reading }: Omit<ManyKeysOptions, 'next'> & { readonly organiserUrl: string },
): Promise<ChangingFigures> {
  const { eventIds, stopping } = reading
  const enough = new AbortController()
  const organiser = new BusyOrganiser({ url: organiserUrl, eventIds })
  const begin = performance.now()
  const changing = organiser.run(AbortSignal.any([enough.signal, stopping]))
  let turn = 0
  const next = (): number => {
    turn = (turn + 1) % eventIds.length
    return turn
  }
  const read = await readManyKeys(system, { ...reading, next }).finally(() => enough.abort())
  const seconds = (performance.now() - begin) / 1_000
  const { changes, failures } = await changing
  return { ...read, changes_per_second: rounded(changes / seconds, 0), failed_changes: failures }
}

/**
 * An organiser who pauses and resumes the sales of these events in turn, a hundred times a second over all of them, until told to
 * stop; each time what was cached of the event is not true any more. What an event is still busy with is not waited for twice.
 */
class BusyOrganiser {
  readonly #url: string
  readonly #eventIds: readonly string[]
  readonly #busy = new Set<string>()
  readonly #paused = new Set<string>()
  readonly #underWay = new Set<Promise<void>>()
  #done = 0
  #failed = 0

  constructor({ url, eventIds }: { url: string; eventIds: readonly string[] }) {
    this.#url = url
    this.#eventIds = eventIds
  }

  /** Answers how many changes there were. */
  async run(until: AbortSignal): Promise<{ changes: number; failures: number }> {
    const begin = performance.now()
    for (let turn = 0; !until.aborted; ) {
      for (; turn < ((performance.now() - begin) / 1_000) * perSecond; turn += 1) this.#change(turn)
      await pause(5)
    }
    await Promise.all(this.#underWay)
    return { changes: this.#done, failures: this.#failed }
  }

  #change(turn: number): void {
    const id = this.#eventIds[turn % this.#eventIds.length] as string
    if (this.#busy.has(id)) return
    this.#busy.add(id)
    const changed: Promise<void> = this.#send(id).finally(() => {
      this.#busy.delete(id)
      this.#underWay.delete(changed)
    })
    this.#underWay.add(changed)
  }

  async #send(id: string): Promise<void> {
    const action = this.#paused.has(id) ? 'resume' : 'pause'
    const response = await fetch(`${this.#url}/admin/events/${id}/${action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${organiserKey}`, 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined)
    await response?.arrayBuffer()
    if (!response?.ok) {
      this.#failed += 1
      return
    }
    this.#done += 1
    if (action === 'pause') this.#paused.add(id)
    else this.#paused.delete(id)
  }
}
