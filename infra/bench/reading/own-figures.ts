import type { Bus } from '#shared/messaging/bus.ts'
import { demoIdAt } from '../../ops/demo-catalogue/events.ts'
import { askRedis } from '../../system/servers/ask-redis.ts'
import type { Bench } from '../bench.ts'
import { HttpConnection } from '../http-connection.ts'
import { rounded } from '../quantile.ts'
import { type Answering, sampleOf } from '../sample.ts'
import { type Verdict, verdict } from '../verdict.ts'
import { storeCatalogue } from './catalogue.ts'
import type { System } from './fronts.ts'
import { type ChangingFigures, type ReadingFigures, readManyKeys, readWhileChanging, zipf } from './many-keys.ts'
import type { Lengths, Scenario } from './plan.ts'
import type { ReadingSystem } from './reading-system.ts'
import { trafficOf } from './requests.ts'

/** What is measured of ours alone. */
export interface OwnFigures {
  readonly stampedes: readonly Stampede[]
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

/** The whole catalogue comes last: what is measured before asks for a small one. */
export async function measureOwnFigures(
  { open, limited }: System,
  { bus, url: otherGatewayUrl, servers }: ReadingSystem,
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

  const stampedes = await step('stampedes', async () => [
    await stampede(bus, [open.url], 200),
    await stampede(bus, [open.url, otherGatewayUrl], 1_000),
  ])
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
    const eventIds = await storeCatalogue(bus, lengths.catalogueEvents)
    return readManyKeys(open, { eventIds, next: zipf(eventIds.length), ...reading })
  })
  return { stampedes, redis_commands_per_hit: commands, zipf: readByZipf, invalidations }
}

/** More than none: now and then an answer has become old, or a lease is used up. */
const almostNone = 0.001

/** What of that has bounds: stampedes, and hits that ask nothing of Redis. */
export function ownVerdicts({ stampedes, redis_commands_per_hit }: OwnFigures): Verdict[] {
  return [
    ...stampedes.flatMap(({ gateways, requests, worker_calls, refused }) => {
      const who = `${requests} cold requests at once over ${gateways === 1 ? 'one gateway' : `${gateways} gateways`}`
      return [
        verdict({ what: `calls of the worker, ${who}`, value: worker_calls, atMost: gateways }),
        verdict({ what: `refused, ${who}`, value: refused, atMost: 0 }),
      ]
    }),
    ...(['unlimited', 'one_caller'] as const).map((name) => {
      const what = `commands of Redis a hit, ${name.replace('_', ' ')}`
      return verdict({ what, value: redis_commands_per_hit[name], atMost: almostNone })
    }),
  ]
}

const stampedesEach = 5

interface Stampede {
  readonly gateways: number
  readonly requests: number
  /** Of the worst of some attempts. */
  readonly worker_calls: number
  /** Requests of all attempts that were not answered with 200. */
  readonly refused: number
}

/** Many ask at once for what nobody has asked for before, over open connections, shared out among the gateways. */
async function stampede(bus: Bus, urls: readonly string[], requests: number): Promise<Stampede> {
  const connections = Array.from(
    { length: requests },
    (_, index) => new HttpConnection(urls[index % urls.length] as string),
  )
  let refused = 0
  const askAll = async (path: string): Promise<void> => {
    const answers = await Promise.allSettled(connections.map((connection) => connection.get(path)))
    refused += answers.filter((answer) => answer.status === 'rejected' || answer.value.status !== 200).length
  }
  try {
    await askAll('/livez')
    let worst = 0
    for (let attempt = 0; attempt < stampedesEach; attempt += 1) {
      const before = await eventWorkerCalls(bus)
      await askAll(`/events?venue=stampede-${requests}-${attempt}`)
      worst = Math.max(worst, (await eventWorkerCalls(bus)) - before)
    }
    return { gateways: urls.length, requests, worker_calls: worst, refused }
  } finally {
    for (const connection of connections) connection.close()
  }
}

/** How many requests the one event worker has answered so far, by the statistics of its NATS service. */
async function eventWorkerCalls(bus: Bus): Promise<number> {
  for await (const { endpoints } of await bus.services(2_000).stats('event')) {
    return (endpoints ?? []).reduce((sum, { num_requests }) => sum + num_requests, 0)
  }
  throw new Error('the event worker did not answer with its statistics')
}

/** How many commands are sent to Redis for a request of that scenario, once the first of them have filled the caches. */
async function redisCommandsPerRequest(
  front: Answering,
  { scenario, redisPort, stopping }: { scenario: Scenario; redisPort: number; stopping: AbortSignal },
): Promise<number> {
  // A single caller on fifty connections would have used half of their 600,000 a minute by then, and who has gets smaller leases.
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
