import { mkdir, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ParseArgsConfig, parseArgs } from 'node:util'
import { parseCommandLine } from '../command-line.ts'
import { readInfraConfig } from '../config.ts'
import { type Progress, progressBar } from '../progress-bar.ts'
import type { Say } from '../say.ts'
import { installMissing } from '../system/programs/install.ts'
import { type System, type SystemOptions, startSystem } from '../system/start-system.ts'
import { stopSignals } from '../system/stop-signals.ts'
import { temporarySettings } from '../system/temporary-settings.ts'

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

export interface Benchmark<Options extends Flags, Result extends object> {
  readonly usage: string
  /** Beside `--help`. */
  readonly options?: Options
  /** Gets the result, in the folder `bench` of the data folder. */
  readonly file: `${string}.json`
  measure(bench: Bench, flags: ReturnType<typeof parseArgs<{ options: Options }>>['values']): Promise<Result>
  /** The result for people. */
  lines(result: Result): readonly string[]
  /** Otherwise the exit code is 1. */
  isGood(result: Result): boolean
}

const help = { help: { type: 'boolean', short: 'h' } } as const

/** The command of a benchmark: measures, prints and writes the result, and stops all that was started. Throws `ExplainedError`. */
export async function runBenchmark<const Options extends Flags, Result extends object>(
  benchmark: Benchmark<Options, Result>,
): Promise<void> {
  const { usage, options, file, measure, lines, isGood } = benchmark
  const parsed: { values: object } = parseCommandLine(
    process.argv.slice(2),
    { options: { ...options, ...help } },
    usage,
  )
  const flags = parsed.values as Parameters<typeof measure>[1] & { readonly help?: boolean }
  if (flags.help) return console.log(usage)
  const { stopping } = stopSignals(console.log)
  const closers: (() => unknown)[] = []
  const bench: Bench = {
    stopping,
    bar: (label) => progressBar(process.stderr, label),
    onStop: (close) => void closers.push(close),
    async start(options = {}) {
      const system = await startBenchSystem({ ...options, say: console.log, stopping })
      closers.push(() => system.stop())
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
    if (!isGood(result)) process.exitCode = 1
  } catch (error) {
    if (!stopping.aborted) throw error
    process.exitCode = 1
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

export interface BenchSystemOptions extends Pick<SystemOptions, 'counts' | 'environment' | 'env' | 'given'> {
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

/** Never seen half written. Answers the file. */
async function writeFigures(name: string, text: string): Promise<string> {
  const directory = join(readInfraConfig().dataDirectory, 'bench')
  await mkdir(directory, { recursive: true })
  const file = join(directory, name)
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${text}\n`)
  await rename(fresh, file)
  return file
}

/** Runs a load of so many seconds, with a bar. */
export function withBar<Result>(
  { bar, stopping }: Bench,
  { label, seconds }: { label: string; seconds: number },
  run: (part: { seconds: number; stopping: AbortSignal; onProgress(done: number): void }) => Promise<Result>,
): Promise<Result> {
  const progress = bar(`s, ${label}`)
  const onProgress = (done: number): void => progress.show(Math.round(done), seconds)
  return run({ seconds, stopping, onProgress }).finally(() => progress.clear())
}

/** Leaves the servers alone on the machine. */
export async function stopProcesses(system: System): Promise<void> {
  await Promise.all(system.processes().map((process) => process.stop()))
}

/** Under which a result was measured. */
export function conditions(more: Readonly<Record<string, string | number>>) {
  return {
    measured_at: new Date().toISOString(),
    processors: availableParallelism(),
    node: process.version,
    ...more,
  }
}
