import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Length of the windows over which the event loop is measured, whenever it is scraped: several Prometheus servers see the same. */
const windowMs = 10_000
const resolutionMs = 20

interface EventLoopWindow {
  readonly p50Seconds: number
  readonly p99Seconds: number
  readonly maxSeconds: number
  /** 0 to 1. */
  readonly utilization: number
}

/** Event loop, processor time and memory of this process, by OpenTelemetry's names where there are any. */
export function addRuntimeMetrics(metrics: Metrics): void {
  const eventLoop = watchEventLoop()
  const delay = (name: string, what: string, read: (window: EventLoopWindow) => number): void => {
    const help = `${what} of the delay of the event loop in the last ten seconds.`
    metrics.watch(`nodejs_eventloop_delay_${name}_seconds`, help, () => read(eventLoop()))
  }
  delay('p50', 'Median', ({ p50Seconds }) => p50Seconds)
  delay('p99', '99th percentile', ({ p99Seconds }) => p99Seconds)
  delay('max', 'Longest', ({ maxSeconds }) => maxSeconds)
  metrics.watch(
    'nodejs_eventloop_utilization_ratio',
    'Share of the last ten seconds in which the event loop was busy.',
    () => eventLoop().utilization,
  )
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system.',
    registers: [metrics.registry],
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  metrics.watch('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  const startTime = Math.round(Date.now() / 1_000 - process.uptime())
  metrics.watch('process_start_time_seconds', 'Start of the process, in seconds since 1970.', () => startTime)
}

/** The answer reads the last whole window; during the first one, what there is of it. */
function watchEventLoop(): () => EventLoopWindow {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let utilizationBefore = performance.eventLoopUtilization()
  // Delays include the resolution, and are NaN before the first sample.
  const seconds = (nanos: number): number => Math.max(0, (nanos || 0) / 1e9 - resolutionMs / 1e3)
  const look = (): EventLoopWindow => ({
    p50Seconds: seconds(delay.percentile(50)),
    p99Seconds: seconds(delay.percentile(99)),
    maxSeconds: seconds(delay.max),
    utilization: performance.eventLoopUtilization(utilizationBefore).utilization,
  })
  let last: EventLoopWindow | null = null
  setInterval(() => {
    last = look()
    delay.reset()
    utilizationBefore = performance.eventLoopUtilization()
  }, windowMs).unref()
  return () => last ?? look()
}
