import { setTimeout as pause } from 'node:timers/promises'
import { cpuDuring } from './cpu-time.ts'
import type { HttpAnswer } from './http-answer.ts'
import { ClosedLoop } from './load.ts'
import { ascending, quantile } from './quantile.ts'

/** What is asked, and what a good answer is. */
export interface Traffic {
  /** A whole request. */
  next(): string | Buffer
  isGood(answer: Pick<HttpAnswer, 'status' | 'head'>): boolean
}

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

export interface SampleOptions {
  readonly traffic: Traffic
  readonly connections: number
  /** Before the measurement, once all connections have had an answer. */
  readonly leadInMs: number
  readonly measuredMs: number
  readonly stopping: AbortSignal
}

/** What a process does under a load, in which each connection asks again as soon as it has its answer. */
export async function sampleOf({ url, pid, behind }: Answering, options: SampleOptions): Promise<Sample> {
  const { traffic, connections, leadInMs, measuredMs, stopping } = options
  const loop = new ClosedLoop({
    url,
    connections,
    async ask(connection) {
      const answer = await connection.send(traffic.next())
      if (!traffic.isGood(answer)) throw new Error(answer.head)
      return true
    },
  })
  try {
    await loop.begun()
    await pause(leadInMs, undefined, { signal: stopping })
    const { result, used } = await cpuDuring(new Map([...behind, ['front', pid]]), () =>
      loop.measure({ seconds: measuredMs / 1_000, stopping }),
    )
    const { seconds, failures, firstFailure } = result
    const { 'load generator': generator = 0, ...processes } = Object.fromEntries(used)
    const latencies = ascending(result.latenciesMs)
    const answered = latencies.length
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
