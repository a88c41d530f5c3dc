import type { Database } from '#shared/database/postgres.ts'
import { SeatStreamClient } from '../support/seat-stream-client.ts'
import { until } from '../support/until.ts'
import { Random } from './random.ts'

const watchersOfEach = 3
/** How long a connection lasts until it is cut, in ms; a client that comes back goes on from the last position, at any gateway. */
const lastsMs = { from: 300, to: 3_000 }
const awayMs = { from: 0, to: 400 }
const openWithinMs = 10_000
const agreeWithinMs = 10_000

interface Watcher {
  readonly eventId: string
  readonly client: SeatStreamClient
  readonly random: Random
}

/** Clients who follow the seats of some events while everything breaks, and whose connections are cut again and again. */
export class Watchers {
  cuts = 0
  readonly #gatewayUrls: readonly string[]
  readonly #watchers: readonly Watcher[]

  constructor({
    seed,
    gatewayUrls,
    eventIds,
  }: { seed: number; gatewayUrls: readonly string[]; eventIds: readonly string[] }) {
    this.#gatewayUrls = gatewayUrls
    this.#watchers = eventIds.flatMap((eventId) =>
      Array.from({ length: watchersOfEach }, (_, number) => ({
        eventId,
        client: new SeatStreamClient(),
        random: new Random(`watcher ${seed} ${eventId} ${number}`),
      })),
    )
  }

  get count(): number {
    return this.#watchers.length
  }

  get resets(): number {
    return this.#watchers.reduce((sum, { client }) => sum + client.of('reset').length, 0)
  }

  /** Follows until it is over. */
  async watch(closed: AbortSignal): Promise<void> {
    await Promise.all(
      this.#watchers.map(async (watcher) => {
        const { random, client } = watcher
        while (!closed.aborted) {
          await this.#connect(watcher)
          await random.pause(lastsMs, closed)
          if (client.isOpen) this.cuts += 1
          client.cut()
          await random.pause(awayMs, closed)
        }
      }),
    )
  }

  /** Compares what each shows with the database at rest: a line for each that differs. Ends their connections. */
  async compare(db: Database, withinMs = agreeWithinMs): Promise<string[]> {
    const wrong: string[] = []
    await Promise.all(
      this.#watchers.map(async (watcher) => {
        const { eventId, client } = watcher
        await until('the stream is open', () => this.#connect(watcher), { timeoutMs: openWithinMs }).catch(
          () => undefined,
        )
        const rows = await db.query<{ code: number }>(
          `SELECT array_position(ARRAY['available', 'held', 'sold', 'blocked'], state) - 1 AS code
           FROM booking.event_seats WHERE event_id = $1 ORDER BY seat_no`,
          [eventId],
        )
        const differing = (): number[] =>
          rows.flatMap(({ code }, seatNo) => (client.seats[seatNo] === code ? [] : [seatNo]))
        const agrees = () => differing().length === 0
        await until('both show the same', agrees, { timeoutMs: withinMs }).catch(() => undefined)
        if (!agrees()) wrong.push(`event ${eventId} from ${client.lastId}: seats ${differing().slice(0, 20)} differ`)
        client.cut()
      }),
    )
    return wrong
  }

  /** Whether it is open now. */
  async #connect({ eventId, client, random }: Watcher): Promise<boolean> {
    await client.connect(`${random.pick(this.#gatewayUrls)}/events/${eventId}/seats/stream`, {
      lastEventId: client.lastId,
    })
    return client.status === 200
  }
}
