import type { Progress } from '../../import/progress-bar.ts'
import type { Backstage } from './backstage.ts'
import { storeCatalogue } from './catalogue.ts'
import type { System } from './fronts.ts'
import { type ChangingFacts, readWhileChanging } from './invalidations.ts'
import { type ReadingFacts, readManyKeys, zipfOf } from './many-keys.ts'
import type { Lengths, Scenario } from './plan.ts'
import { redisCommandsPerRequest } from './redis-commands.ts'
import { rounded } from './results.ts'
import { type Stampede, stampede } from './stampede.ts'
import { type Verdict, verdict } from './targets.ts'

/** What is measured of ours alone. */
export interface Facts {
  readonly stampedes: readonly Stampede[]
  /** Of hits without limits, within the limit of one caller, and within those of `callers`. */
  readonly redis_commands_per_hit: {
    readonly unlimited: number
    readonly one_caller: number
    readonly many_callers: number
  }
  /** Readers of a whole catalogue, some of which everybody wants. */
  readonly zipf: ReadingFacts
  readonly invalidations: ChangingFacts
}

export interface FactsOptions {
  readonly ours: System
  readonly backstage: Backstage
  /** Events with seats on sale. */
  readonly soldEvents: readonly string[]
  readonly lengths: Lengths
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

export async function measureFacts(options: FactsOptions): Promise<Facts> {
  const { ours, backstage, soldEvents, lengths, bar, stopping } = options
  const { bus, redisPort, otherGatewayUrl } = backstage
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
  const zipf = await step(3, 'a whole catalogue', async () => {
    const eventIds = await storeCatalogue(bus, lengths.catalogueEvents)
    return readManyKeys(ours, { eventIds, next: zipfOf(eventIds), ...reading })
  })
  return { stampedes, redis_commands_per_hit: commands, zipf, invalidations }
}

/** More than none: now and then an answer has become old, or a lease is used up. */
const almostNone = 0.001

export function factVerdicts({ stampedes, redis_commands_per_hit }: Facts): Verdict[] {
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
