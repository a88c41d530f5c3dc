import { setTimeout as pause } from 'node:timers/promises'
import { ClosedLoop, type Traffic } from './closed-loop.ts'
import { cpuDuring } from './cpu-time.ts'
import { ascending, quantile } from './quantile.ts'

/** What answered requests for some time. */
export interface Sample {
  /** Processor time a request, of the process that answers HTTP. */
  readonly gateway_cpu_us: number
  /** Of that process and all that stand behind it. */
  readonly all_cpu_us: number
  readonly requests_per_second: number
  readonly p50_ms: number
  readonly p99_ms: number
  /** Of one processor: near 1 the generator itself is what limits the rate. */
  readonly generator_busy: number
  readonly answered: number
  /** Answers that were not what was asked for, and broken connections. */
  readonly failures: number
  readonly firstFailure: string | undefined
}

export interface Answering {
  readonly url: string
  /** Of the process that listens there. */
  readonly pid: number
  /** What works behind it, by name. */
  readonly behind: ReadonlyMap<string, number>
}

export interface LoadOptions {
  readonly traffic: Traffic
  readonly connections: number
  /** Before the measurement, once all connections have had an answer. */
  readonly leadInMs: number
  readonly measuredMs: number
  readonly stopping: AbortSignal
}

/** What a process does under a load, in which each connection asks again as soon as it has its answer. */
export async function sampleOf({ url, pid, behind }: Answering, options: LoadOptions): Promise<Sample> {
  const { traffic, connections, leadInMs, measuredMs, stopping } = options
  const loop = new ClosedLoop({ url, connections, traffic })
  try {
    await loop.begun()
    await pause(leadInMs, undefined, { signal: stopping })
    loop.record()
    const begin = performance.now()
    const { used, result } = await cpuDuring(new Map([...behind, ['front', pid]]), async () => {
      await pause(measuredMs, undefined, { signal: stopping })
      return loop.record()
    })
    const seconds = (performance.now() - begin) / 1_000
    const { latenciesMs, failures, firstFailure } = result
    const { 'load generator': generator = 0, ...processes } = Object.fromEntries(used)
    const answered = latenciesMs.length
    const latencies = ascending(latenciesMs)
    return {
      gateway_cpu_us: ((processes.front ?? 0) * 1e6) / answered,
      all_cpu_us: (Object.values(processes).reduce((sum, each) => sum + each, 0) * 1e6) / answered,
      requests_per_second: answered / seconds,
      p50_ms: quantile(latencies, 0.5),
      p99_ms: quantile(latencies, 0.99),
      generator_busy: generator / seconds,
      answered,
      failures,
      firstFailure,
    }
  } finally {
    await loop.stop()
  }
}
