import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** The event loop is measured over fixed windows, so that several Prometheus servers see the same values. */
const windowMs = 10_000
const resolutionMs = 20

/** Event loop, processor time and memory of this process, by OpenTelemetry's names where there are any. */
export function addRuntimeMetrics(metrics: Metrics): void {
  const eventLoop = watchEventLoop()
  const delays = { p50: 'Median', p99: '99th percentile', max: 'Longest' } as const
  for (const [name, what] of Object.entries(delays) as [keyof typeof delays, string][]) {
    const help = `${what} of the delay of the event loop in the last ten seconds.`
    metrics.watch(`nodejs_eventloop_delay_${name}_seconds`, help, () => eventLoop()[name])
  }
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

/** The returned function reads the last whole window, or the first one so far: delays in seconds, utilization from 0 to 1. */
function watchEventLoop() {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let utilizationBefore = performance.eventLoopUtilization()
  // Delays include the resolution, and are NaN before the first sample.
  const seconds = (nanos: number): number => Math.max(0, (nanos || 0) / 1e9 - resolutionMs / 1e3)
  const read = () => ({
    p50: seconds(delay.percentile(50)),
    p99: seconds(delay.percentile(99)),
    max: seconds(delay.max),
    utilization: performance.eventLoopUtilization(utilizationBefore).utilization,
  })
  let last: ReturnType<typeof read> | null = null
  setInterval(() => {
    last = read()
    delay.reset()
    utilizationBefore = performance.eventLoopUtilization()
  }, windowMs).unref()
  return () => last ?? read()
}
