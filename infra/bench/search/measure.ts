import { searchEvents } from '#shared/contracts/search.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { System } from '../../system/start-system.ts'
import type { Bench } from '../bench.ts'
import { cpuDuring, msEach } from '../cpu-time.ts'
import { ascending, median, quantile, rounded } from '../quantile.ts'
import { countMatches, fewMatches } from './count-matches.ts'
import { generateCatalogue } from './generate.ts'
import { type Kind, kinds, mixOf, questioner, readWords, type SearchRequest, shareOf } from './questions.ts'

export const clients = 8
/** Each is asked with other words, places and dates. */
const questionsPerPercent = 10
const warmUpSeconds = 5
export const measuredSeconds = 30
export const seed = 20_260

export interface Latencies {
  readonly searches: number
  readonly p50_ms: number
  readonly p99_ms: number
}

export interface KindResult extends Latencies {
  /** Of a hundred searches. */
  readonly share: number
  /** Half of the questions match no more than this; `fewMatches` + 1 stands for more. */
  readonly median_matches: number
}

export interface SizeResult {
  readonly events: number
  readonly generated_in_seconds: number
  readonly kinds: Readonly<Record<Kind, KindResult>>
  /** Where at most `fewMatches` events match, and where more do. */
  readonly few: Latencies
  readonly many: Latencies
  readonly searches_per_second: number
  readonly failed: number
  readonly cpu_ms_per_search: Readonly<Record<string, number>>
}

interface Asked {
  readonly kind: Kind
  readonly request: SearchRequest
  readonly latenciesMs: number[]
}

/** How long searches take among made-up events, which take the place of those that are there. */
export async function measureSize(
  { databaseUrl, pids }: System,
  bus: Bus,
  events: number,
  { bar, stopping }: Bench,
): Promise<SizeResult> {
  const begin = performance.now()
  await generateCatalogue(databaseUrl, events, bar(`of ${events} events`))
  const generatedIn = (performance.now() - begin) / 1_000
  const ask = questioner(await readWords(databaseUrl), seed)
  const asked = mixOf(questionsPerPercent).map((kind): Asked => ({ kind, request: ask(kind), latenciesMs: [] }))
  await askFor(bus, asked, { seconds: warmUpSeconds, stopping })
  for (const { latenciesMs } of asked) latenciesMs.length = 0
  const { result: failed, used } = await cpuDuring(pids(), () =>
    askFor(bus, asked, { seconds: measuredSeconds, stopping }),
  )
  const counts = await countMatches(
    databaseUrl,
    asked.map(({ request }) => request),
  )
  const counted = asked.map((question, index) => ({ ...question, matches: counts[index] ?? 0 }))
  const ofKind = (kind: Kind): KindResult => {
    const those = counted.filter((question) => question.kind === kind)
    return { share: shareOf(kind), median_matches: median(those.map(({ matches }) => matches)), ...latenciesOf(those) }
  }
  const { searches } = latenciesOf(asked)
  return {
    events,
    generated_in_seconds: Math.round(generatedIn),
    kinds: Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)])) as Record<Kind, KindResult>,
    few: latenciesOf(counted.filter(({ matches }) => matches <= fewMatches)),
    many: latenciesOf(counted.filter(({ matches }) => matches > fewMatches)),
    searches_per_second: Math.round(searches / measuredSeconds),
    failed,
    cpu_ms_per_search: msEach(used, searches),
  }
}

/** `clients` at once ask what comes next in the list, over and over, without a pause. Answers how many searches failed. */
async function askFor(
  bus: Bus,
  asked: readonly Asked[],
  { seconds, stopping }: { seconds: number; stopping: AbortSignal },
): Promise<number> {
  const until = performance.now() + seconds * 1_000
  let next = 0
  let failed = 0
  const client = async (): Promise<void> => {
    while (performance.now() < until && !stopping.aborted) {
      const question = asked[next++ % asked.length] as Asked
      const first = await search(bus, question.request).catch(() => undefined)
      if (first === undefined) {
        failed++
        continue
      }
      // Of a second page only the second counts.
      if (question.kind !== 'second page by cursor' || first.cursor === null) question.latenciesMs.push(first.ms)
      else question.latenciesMs.push((await search(bus, { ...question.request, cursor: first.cursor })).ms)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return failed
}

async function search(bus: Bus, request: SearchRequest): Promise<{ ms: number; cursor: string | null }> {
  const begin = performance.now()
  const context = { requestId: newId(), caller: anonymous, deadlineAt: begin + 5_000 }
  const { next_cursor } = await call(bus, searchEvents, request, context)
  return { ms: performance.now() - begin, cursor: next_cursor }
}

function latenciesOf(asked: readonly Asked[]): Latencies {
  const sorted = ascending(asked.flatMap(({ latenciesMs }) => latenciesMs))
  return {
    searches: sorted.length,
    p50_ms: rounded(quantile(sorted, 0.5), 1),
    p99_ms: rounded(quantile(sorted, 0.99), 1),
  }
}
