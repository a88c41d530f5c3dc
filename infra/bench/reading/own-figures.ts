import type pg from 'pg'
import { demoIdAt } from '../../ops/demo-catalogue/events.ts'
import { askRedis } from '../../system/servers/ask-redis.ts'
import type { System } from '../../system/start-system.ts'
import { withDatabase } from '../../with-database.ts'
import type { Bench } from '../bench.ts'
import { rounded } from '../quantile.ts'
import { type Answering, sampleOf } from '../sample.ts'
import { generateCatalogue } from '../search/generate.ts'
import { type Verdict, verdict } from '../verdict.ts'
import type { Front } from './fronts.ts'
import { type ChangingFigures, type ReadingFigures, readManyKeys, readWhileChanging, zipf } from './many-keys.ts'
import type { Lengths, Scenario } from './plan.ts'
import { trafficOf } from './requests.ts'

/** What is measured of ours alone. */
export interface OwnFigures {
  /** Of hits without limits, within the limit of one caller, and within those of `callers`. */
  readonly redis_commands_per_hit: {
    readonly unlimited: number
    readonly one_caller: number
    readonly many_callers: number
  }
  /** Readers of a whole catalogue, some of which everybody wants. */
  readonly zipf: ReadingFigures
  readonly invalidations: ChangingFigures
}

/** Of the demo catalogue, by their places in it: events that have seats on sale. */
const eventsWithSeats = [0, 1, 2, 3, 4, 5]

/** The whole catalogue comes last, in place of the small one that is asked for before. */
export async function measureOwnFigures(
  { open, limited }: Front,
  { url: otherGatewayUrl, servers, databaseUrl }: System,
  lengths: Lengths,
  { bar, stopping }: Bench,
): Promise<OwnFigures> {
  const redisPort = servers.server('redis').port
  const step = async <Result>(label: string, run: () => Promise<Result>): Promise<Result> => {
    stopping.throwIfAborted()
    const progress = bar(label)
    progress.show(0, 1)
    return run().finally(() => progress.clear())
  }
  const reading = { leadInMs: lengths.warmUpMs, measuredMs: 2 * lengths.measuredMs, stopping }

  const commands = await step('commands of Redis', async () => {
    const perHit = (front: Answering, scenario: Scenario): Promise<number> =>
      redisCommandsPerRequest(front, { scenario, redisPort, stopping })
    return {
      unlimited: await perHit(open, 'hit'),
      one_caller: await perHit(limited, 'hit'),
      many_callers: await perHit(limited, 'hit+limit'),
    }
  })
  const invalidations = await step('invalidations', () =>
    readWhileChanging(open, { organiserUrl: otherGatewayUrl, eventIds: eventsWithSeats.map(demoIdAt), ...reading }),
  )
  const readByZipf = await step('a whole catalogue', async () => {
    await generateCatalogue(databaseUrl, lengths.catalogueEvents, bar('events made up'))
    const eventIds = await withDatabase(databaseUrl, publishedEvents)
    return readManyKeys(open, { eventIds, next: zipf(eventIds.length), ...reading })
  })
  return { redis_commands_per_hit: commands, zipf: readByZipf, invalidations }
}

async function publishedEvents(client: pg.Client): Promise<string[]> {
  const text = `SELECT id FROM event.events WHERE status = 'published' ORDER BY id`
  return (await client.query<{ id: string }>(text)).rows.map(({ id }) => id)
}

/** More than none: now and then an answer has become old, or a lease is used up. */
const almostNone = 0.001

/** What of that has bounds: hits that ask nothing of Redis. */
export function ownVerdicts({ redis_commands_per_hit }: OwnFigures): Verdict[] {
  return (['unlimited', 'one_caller'] as const).map((name) => {
    const what = `commands of Redis a hit, ${name.replace('_', ' ')}`
    return verdict({ what, value: redis_commands_per_hit[name], at_most: almostNone })
  })
}

/** How many commands are sent to Redis for a request of that scenario, once the first of them have filled the caches. */
async function redisCommandsPerRequest(
  front: Answering,
  { scenario, redisPort, stopping }: { scenario: Scenario; redisPort: number; stopping: AbortSignal },
): Promise<number> {
  // A single caller on fifty connections would have used half of their 600,000 a minute by then, and would get smaller leases.
  const load = { traffic: trafficOf(scenario), connections: 2, leadInMs: 0, stopping }
  // Caches are full at once; leases have grown to what a caller needs once the second one has ended.
  await sampleOf(front, { ...load, measuredMs: 5_000 })
  return askRedis(redisPort, async (redis) => {
    const monitor = await redis.monitor()
    let sent = 0
    // A script is one command, whatever it does.
    monitor.on('monitor', (_at: string, _command: string[], source: string) => {
      if (source !== 'lua') sent += 1
    })
    try {
      const { answered } = await sampleOf(front, { ...load, measuredMs: 2_000 })
      return rounded(sent / answered, 4)
    } finally {
      monitor.disconnect()
    }
  })
}
