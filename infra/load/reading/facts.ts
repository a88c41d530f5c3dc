import type { Progress } from '../../import/progress-bar.ts'
import type { Backstage } from './backstage.ts'
import { storeCatalogue } from './catalogue.ts'
import type { System } from './fronts.ts'
import { BusyOrganiser } from './invalidations.ts'
import { type ReadingFacts, readManyKeys, zipfOf } from './many-keys.ts'
import type { Lengths } from './plan.ts'
import { redisCommandsPerRequest } from './redis-commands.ts'
import { rounded } from './results.ts'
import { type Stampede, stampede } from './stampede.ts'
import { type Verdict, verdict } from './targets.ts'

/** What is measured of ours alone. */
export interface Facts {
  readonly stampedes: readonly Stampede[]
  readonly redis_commands_per_request: { readonly hit: number; readonly 'hit+limit': number }
  /** Readers of a whole catalogue, some of which everybody wants. */
  readonly zipf: ReadingFacts
  readonly invalidations: ReadingFacts & {
    readonly changes_per_second: number
    readonly failed_changes: number
  }
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
  const commands = await step(1, 'commands of Redis', async () => ({
    hit: rounded(await redisCommandsPerRequest(ours, { scenario: 'hit', redisPort, stopping }), 4),
    'hit+limit': rounded(await redisCommandsPerRequest(ours, { scenario: 'hit+limit', redisPort, stopping }), 4),
  }))
  const invalidations = await step(2, 'invalidations', async () => {
    const enough = new AbortController()
    const organiser = new BusyOrganiser({ url: otherGatewayUrl, eventIds: soldEvents })
    const begin = performance.now()
    const changing = organiser.run(AbortSignal.any([enough.signal, stopping]))
    let turn = 0
    const next = (): number => {
      turn += 1
      return turn % soldEvents.length
    }
    const read = await readManyKeys(ours, { eventIds: soldEvents, next, ...reading }).finally(() => enough.abort())
    const seconds = (performance.now() - begin) / 1_000
    const { changes, failures } = await changing
    return { ...read, changes_per_second: rounded(changes / seconds, 0), failed_changes: failures }
  })
  const zipf = await step(3, 'a whole catalogue', async () => {
    const eventIds = await storeCatalogue(bus, lengths.catalogueEvents)
    return readManyKeys(ours, { eventIds, next: zipfOf(eventIds), ...reading })
  })
  return { stampedes, redis_commands_per_request: commands, zipf, invalidations }
}

/** More than none: what is kept in the process is looked up in Redis again when its short time is over. */
const almostNone = 0.001

export function factVerdicts({ stampedes, redis_commands_per_request }: Facts): Verdict[] {
  return [
    ...stampedes.flatMap(({ gateways, requests, worker_calls, refused }) => {
      const who = `${requests} cold requests at once over ${gateways === 1 ? 'one gateway' : `${gateways} gateways`}`
      return [
        verdict({ what: `calls of the worker, ${who}`, value: worker_calls, atMost: gateways }),
        verdict({ what: `refused, ${who}`, value: refused, atMost: 0 }),
      ]
    }),
    verdict({ what: 'commands of Redis a hit', value: redis_commands_per_request.hit, atMost: almostNone }),
  ]
}
