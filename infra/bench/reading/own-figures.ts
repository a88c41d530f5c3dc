import type { Progress } from '../../ops/import/progress-bar.ts'
import { storeCatalogue } from './catalogue.ts'
import type { System } from './fronts.ts'
import { type ChangingFigures, readWhileChanging } from './invalidations.ts'
import { type ReadingFigures, readManyKeys } from './many-keys.ts'
import type { Lengths, Scenario } from './plan.ts'
import type { ReadingSystem } from './reading-system.ts'
import { redisCommandsPerRequest } from './redis-commands.ts'
import { rounded } from './results.ts'
import { type Stampede, stampede } from './stampede.ts'
import { type Verdict, verdict } from './targets.ts'
import { zipf } from './zipf.ts'

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

export interface OwnFiguresOptions {
  readonly ours: System
  readonly surroundings: ReadingSystem
  /** Events with seats on sale. */
  readonly soldEvents: readonly string[]
  readonly lengths: Lengths
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/** The whole catalogue comes last: what is measured before asks for a small one. */
export async function measureOwnFigures(options: OwnFiguresOptions): Promise<OwnFigures> {
  const { ours, surroundings, soldEvents, lengths, bar, stopping } = options
  const { bus, url: otherGatewayUrl, servers } = surroundings
  const redisPort = servers.server('redis').port
  const steps = 4
  const step = async <Result>(done: number, label: string, run: () => Promise<Result>): Promise<Result> => {
    stopping.throwIfAborted()
    const progress = bar(label)
    progress.show(done, steps)
    try {
      return await run()
    } finally {
      progress.clear()
    }
  }
  const reading = { leadInMs: lengths.warmUpMs, measuredMs: 2 * lengths.measuredMs, stopping }

  const stampedes = await step(0, 'stampedes', async () => [
    await stampede(bus, { urls: [ours.open.url], requests: 200 }),
    await stampede(bus, { urls: [ours.open.url, otherGatewayUrl], requests: 1_000 }),
  ])
  const commands = await step(1, 'commands of Redis', async () => {
    const perHit = async (system: System, scenario: Scenario): Promise<number> =>
      rounded(await redisCommandsPerRequest(system, { scenario, redisPort, stopping }), 4)
    return {
      unlimited: await perHit(ours, 'hit'),
      one_caller: await perHit({ ...ours, open: ours.limited }, 'hit'),
      many_callers: await perHit(ours, 'hit+limit'),
    }
  })
  const invalidations = await step(2, 'invalidations', () =>
    readWhileChanging(ours, { organiserUrl: otherGatewayUrl, eventIds: soldEvents, ...reading }),
  )
  const readByZipf = await step(3, 'a whole catalogue', async () => {
    const eventIds = await storeCatalogue(bus, lengths.catalogueEvents)
    return readManyKeys(ours, { eventIds, next: zipf(eventIds.length, Math.random), ...reading })
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
    ...(['unlimited', 'one_caller'] as const).map((name) =>
      verdict({
        what: `commands of Redis a hit, ${name.replace('_', ' ')}`,
        value: redis_commands_per_hit[name],
        atMost: almostNone,
      }),
    ),
  ]
}
