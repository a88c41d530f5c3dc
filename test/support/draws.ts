import { type Answer, ask, asOrganiser, eventOnSale } from './http.ts'
import type { System } from './system.ts'
import { until } from './until.ts'

/* Events with a draw, the organiser's way. */

/** A draw that is far away: time to join. */
const hour = 3_600_000
/** Fast enough for nobody to wait. */
const speed = { calls_per_minute: 6_000, max_active: 1_000 }

/** A draw of 100,000 places takes seconds, on a busy machine many. */
const patience = { timeoutMs: 50_000 }

const at = (ms: number): string => new Date(ms).toISOString()
export const inMs = (ms: number): string => at(Date.now() + ms)

export class Draws {
  readonly #system: Pick<System, 'url'>

  constructor(system: Pick<System, 'url'>) {
    this.#system = system
  }

  put(path: string, json: object): Promise<Answer> {
    return ask(`${this.#system.url}/admin/events/${path}`, { method: 'PUT', headers: asOrganiser, json: { ...json } })
  }

  /** Sets the draw of an event, in an hour unless `terms` say otherwise, and its room, fast unless `room` says otherwise. */
  async announce(eventId: string, terms: object = {}, room: object = {}): Promise<void> {
    const draw = { closes_at: inMs(hour), opens_at: inMs(hour), ...terms }
    const { status, text } = await this.put(`${eventId}/queue`, { state: 'pre_queue', ...speed, ...room, draw })
    if (status !== 200) throw new Error(text)
  }

  async eventWithDraw(terms: object = {}): Promise<string> {
    const eventId = await eventOnSale(this.#system.url)
    await this.announce(eventId, terms)
    return eventId
  }

  view(eventId: string): Promise<Answer> {
    return ask(`${this.#system.url}/events/${eventId}/queue/draw`)
  }

  /** Lets the pre-queue close soon, and the room open `opensAfterMs` later. Answers when it closes, by `Date.now()`. */
  async closeSoon(
    eventId: string,
    { opensAfterMs = 0, ...terms }: { opensAfterMs?: number; [term: string]: unknown } = {},
    room: object = {},
  ): Promise<number> {
    let inAWhile = 300
    let closesAt = 0
    await until('the closing is announced', async () => {
      closesAt = Date.now() + inAWhile
      const times = { closes_at: at(closesAt), opens_at: at(closesAt + opensAfterMs) }
      const refusal = await this.announce(eventId, { ...times, ...terms }, room).catch((error: Error) => error.message)
      if (refusal !== undefined && !refusal.includes('must be in the future')) throw new Error(refusal)
      // A busy machine takes longer than that.
      inAWhile *= 2
      return refusal === undefined
    })
    return closesAt
  }

  /** Closes the pre-queue, and waits until the draw has come as far as `member`. */
  async close(eventId: string, member: 'root' | 'seed' = 'seed', terms: object = {}): Promise<void> {
    await this.closeSoon(eventId, { ...terms })
    await this.untilIt(eventId, `has its ${member}`, (draw) => draw[member] !== null)
  }

  async untilHeld(eventId: string): Promise<void> {
    await this.untilIt(eventId, 'is held', (draw) => draw.is_drawn === true)
  }

  async untilIt(eventId: string, what: string, isSo: (draw: Record<string, unknown>) => boolean): Promise<void> {
    await until(
      `the draw ${what}`,
      async () => {
        // Somebody looks: gateways do nothing until they are asked.
        await ask(`${this.#system.url}/events/${eventId}/queue/serving`)
        return isSo((await this.view(eventId)).body)
      },
      patience,
    )
  }
}
