import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ParseArgsConfig, parseArgs } from 'node:util'
import { parseCommandLine } from '../command-line.ts'
import { readInfraConfig } from '../config.ts'
import { writeWhole } from '../kept-file.ts'
import { type Progress, progressBar } from '../progress-bar.ts'
import type { Say } from '../say.ts'
import { installMissing } from '../system/programs/install.ts'
import { type System, type SystemOptions, startSystem } from '../system/start-system.ts'
import { stopSignals } from '../system/stop-signals.ts'
import { temporarySettings } from '../system/temporary-settings.ts'
import { areGood, type Verdict } from './verdict.ts'

/** What a benchmark works with while it measures. */
export interface Bench {
  /** Aborted when everything is to stop. */
  readonly stopping: AbortSignal
  bar(label: string): Progress
  /** As `startBenchSystem`, for as long as the benchmark. */
  start(options?: Omit<BenchSystemOptions, 'say' | 'stopping'>): Promise<System>
  /** Called when the benchmark ends, the last first. */
  onStop(close: () => unknown): void
}

type Flags = NonNullable<ParseArgsConfig['options']>

interface Judged {
  /** The exit code is 1 unless all are good. */
  readonly verdicts: readonly Verdict[]
  /** Too short to be judged. */
  readonly quick?: boolean
}

export interface Benchmark<Options extends Flags, Result extends Judged> {
  readonly usage: string
  /** Beside `--help`. */
  readonly options?: Options
  /** Gets the result, in the folder `bench` of the data folder. */
  readonly file: `${string}.json`
  measure(bench: Bench, flags: ReturnType<typeof parseArgs<{ options: Options }>>['values']): Promise<Result>
  /** The result for people. */
  lines(result: Result): readonly string[]
}

const showEveryMs = 250

const help = { help: { type: 'boolean', short: 'h' } } as const

/** The command of a benchmark: measures, prints and writes the result, and stops all that was started. Throws `ExplainedError`. */
export async function runBenchmark<const Options extends Flags, Result extends Judged>(
  benchmark: Benchmark<Options, Result>,
): Promise<void> {
  const { usage, options, file, measure, lines } = benchmark
  const parsed: { values: object } = parseCommandLine(
    process.argv.slice(2),
    { options: { ...options, ...help } },
    usage,
  )
  const flags = parsed.values as Parameters<typeof measure>[1] & { readonly help?: boolean }
  if (flags.help) return console.log(usage)
  const { stopping } = stopSignals(console.log)
  await using closers = new AsyncDisposableStack()
  const bench: Bench = {
    stopping,
    bar: (label) => progressBar(process.stderr, label),
    onStop: (close) => closers.defer(async () => void (await close())),
    async start(options = {}) {
      const system = await startBenchSystem({ ...options, say: console.log, stopping })
      closers.defer(() => system.stop())
      return system
    },
  }
  try {
    const result = await measure(bench, flags)
    const text = lines(result)
    const files = [
      await writeFigures(file, JSON.stringify(result, null, 2)),
      await writeFigures(file.replace('.json', '.md'), text.join('\n').trim()),
    ]
    console.log([...text, '', ...files.map((each) => `written to ${each}`)].join('\n'))
    if (!result.quick && !areGood(result.verdicts)) process.exitCode = 1
  } catch (error) {
    if (!stopping.aborted) throw error
    process.exitCode = 1
  }
}

export interface BenchSystemOptions extends Pick<SystemOptions, 'counts' | 'environment' | 'given'> {
  readonly say: Say
  readonly stopping: AbortSignal
}

/** A system in a temporary folder: servers and settings as of `npm start`, without rate limits. */
export async function startBenchSystem({ say, stopping, environment, ...more }: BenchSystemOptions): Promise<System> {
  await installMissing(['postgres', 'nats-server', 'redis-server'], say)
  return startSystem({
    ...more,
    servers: 'single',
    environment: { ...readInfraConfig().environment, ...temporarySettings, RATE_LIMITS: 'off', ...environment },
    temporary: { name: 'ticketing-bench' },
    hurry: stopping,
  })
}

/** Answers the file. */
async function writeFigures(name: string, text: string): Promise<string> {
  const directory = join(readInfraConfig().dataDirectory, 'bench')
  await mkdir(directory, { recursive: true })
  const file = join(directory, name)
  writeWhole(file, `${text}\n`)
  return file
}

/** Runs a load of so many seconds, with a bar. */
export async function withBar<Result>(
  { bar, stopping }: Bench,
  { label, seconds }: { label: string; seconds: number },
  run: (time: { seconds: number; stopping: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const progress = bar(`s, ${label}`)
  const begin = performance.now()
  const show = (): void => progress.show(Math.round((performance.now() - begin) / 1_000), seconds)
  const shown = setInterval(show, showEveryMs)
  try {
    return await run({ seconds, stopping })
  } finally {
    clearInterval(shown)
    progress.clear()
  }
}

/** Under which a result was measured. */
export function conditions<More extends Readonly<Record<string, string | number>>>(more: More) {
  return {
    measured_at: new Date().toISOString(),
    processors: availableParallelism(),
    node: process.version,
    ...more,
  }
}
