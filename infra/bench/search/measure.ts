import { availableParallelism } from 'node:os'
import pg from 'pg'
import { searchEvents } from '#shared/contracts/search.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Progress } from '../../ops/import/progress-bar.ts'
import type { System } from '../../system/start-system.ts'
import { cpuTimes } from '../cpu-time.ts'
import { quantile } from '../quantile.ts'
import { countMatches, fewMatches } from './count-matches.ts'
import { generateCatalogue } from './generate.ts'
import { type Kind, kinds, mixOf, Questions, readWords, type SearchRequest, shares } from './questions.ts'

const clients = 8
/** Each is asked with other words, places and dates. */
const questionsPerPercent = 10
const warmUpSeconds = 5
const measuredSeconds = 30
const seed = 20_260

/** Where at most `fewMatches` events match and where more do. */
export const p99BoundsMs = { few: 100, many: 300 }

export interface KindResult {
  /** Of a hundred searches. */
  readonly share: number
  /** Half of the questions match no more than this; `fewMatches` + 1 stands for more. */
  readonly median_matches: number
  readonly searches: number
  readonly p50_ms: number
  readonly p99_ms: number
}

export interface SizeResult {
  readonly events: number
  readonly generated_in_seconds: number
  readonly kinds: Readonly<Record<Kind, KindResult>>
  readonly few: { readonly searches: number; readonly p50_ms: number; readonly p99_ms: number }
  readonly many: { readonly searches: number; readonly p50_ms: number; readonly p99_ms: number }
  readonly searches_per_second: number
  readonly failed: number
  readonly cpu_ms_per_search: Readonly<Record<string, number>>
}

export interface Result {
  readonly sizes: readonly SizeResult[]
  readonly conditions: Readonly<Record<string, string | number>>
}

/** An event worker, and a connection to ask it by. */
export type SearchedSystem = System & { readonly bus: Bus }

export interface MeasureOptions {
  readonly sizes: readonly number[]
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/** One catalogue after the other, each in place of the one before. */
export async function measure(system: SearchedSystem, { sizes, bar, stopping }: MeasureOptions): Promise<Result> {
  const results: SizeResult[] = []
  for (const events of sizes) results.push(await measureSize(system, events, { bar, stopping }))
  return {
    sizes: results,
    conditions: {
      measured_at: new Date().toISOString(),
      processors: availableParallelism(),
      node: process.version,
      postgres: system.servers.server('postgres').version,
      clients,
      questions: mixOf(questionsPerPercent).length,
      measured_seconds: measuredSeconds,
      seed,
    },
  }
}

interface Asked {
  readonly kind: Kind
  readonly request: SearchRequest
  readonly latenciesMs: number[]
}

async function measureSize(
  system: SearchedSystem,
  events: number,
  { bar, stopping }: Omit<MeasureOptions, 'sizes'>,
): Promise<SizeResult> {
  const begin = performance.now()
  await generateCatalogue(system.databaseUrl, events, bar(`of ${events} events`))
  // Else what was made up would be written to disk while it is searched.
  await checkpoint(system.databaseUrl)
  const generatedIn = (performance.now() - begin) / 1_000
  const questions = new Questions(await readWords(system.databaseUrl), seed)
  const asked: Asked[] = mixOf(questionsPerPercent).map((kind) => ({
    kind,
    request: questions.ask(kind),
    latenciesMs: [],
  }))
  await askFor(system, asked, { seconds: warmUpSeconds, stopping })
  for (const { latenciesMs } of asked) latenciesMs.length = 0
  const cpuBefore = cpuTimes(system.pids())
  const { failed } = await askFor(system, asked, { seconds: measuredSeconds, stopping })
  const cpuAfter = cpuTimes(system.pids())
  const searches = asked.reduce((sum, { latenciesMs }) => sum + latenciesMs.length, 0)
  const matches = await countMatches(
    system.databaseUrl,
    asked.map(({ request }) => request),
  )
  const latenciesMsOf = (isWanted: (question: Asked, index: number) => boolean): number[] =>
    asked
      .filter(isWanted)
      .flatMap(({ latenciesMs }) => latenciesMs)
      .sort((one, other) => one - other)
  const ofKind = (kind: Kind): KindResult => {
    const counts = asked.flatMap((question, index) => (question.kind === kind ? [matches[index] ?? 0] : []))
    return {
      share: shares[kind],
      median_matches: quantile(
        counts.toSorted((one, other) => one - other),
        0.5,
      ),
      ...summary(latenciesMsOf((question) => question.kind === kind)),
    }
  }
  return {
    events,
    generated_in_seconds: Math.round(generatedIn),
    kinds: Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)])) as Record<Kind, KindResult>,
    few: summary(latenciesMsOf((_, index) => (matches[index] ?? 0) <= fewMatches)),
    many: summary(latenciesMsOf((_, index) => (matches[index] ?? 0) > fewMatches)),
    searches_per_second: Math.round(searches / measuredSeconds),
    failed,
    cpu_ms_per_search: Object.fromEntries(
      [...cpuAfter].map(([name, used]) => [name, tenths(((used - (cpuBefore.get(name) ?? 0)) * 1_000) / searches)]),
    ),
  }
}

async function checkpoint(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('CHECKPOINT')
  } finally {
    await client.end()
  }
}

/** `clients` at once ask what comes next in the list, over and over, without a pause. */
async function askFor(
  { bus }: SearchedSystem,
  asked: readonly Asked[],
  { seconds, stopping }: { seconds: number; stopping: AbortSignal },
): Promise<{ failed: number }> {
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
  return { failed }
}

async function search(
  bus: SearchedSystem['bus'],
  request: SearchRequest,
): Promise<{ ms: number; cursor: string | null }> {
  const begin = performance.now()
  const { next_cursor } = await call(bus, searchEvents, request, {
    requestId: newId(),
    caller: anonymous,
    deadlineAt: performance.now() + 5_000,
  })
  return { ms: performance.now() - begin, cursor: next_cursor }
}

function summary(ascending: readonly number[]) {
  return {
    searches: ascending.length,
    p50_ms: tenths(quantile(ascending, 0.5)),
    p99_ms: tenths(quantile(ascending, 0.99)),
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
