import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge } from 'prom-client'
import type { Metrics } from './metrics.ts'

/**
 * The event loop is looked at over windows of this length, whoever asks and however often: several Prometheus servers shall
 * see the same.
 */
const windowMs = 10_000
const resolutionMs = 20

const delays = { p50: 'Median', p99: '99th percentile', max: 'Longest' } as const

interface EventLoopWindow {
  /** In seconds. */
  readonly delay: Readonly<Record<keyof typeof delays, number>>
  /** 0 to 1. */
  readonly utilization: number
}

/** What Node says of itself: event loop, processor time, memory. Names as OpenTelemetry has them, where it has any. */
export function addRuntimeMetrics({ registry }: Metrics): void {
  const registers = [registry]
  const eventLoop = watchEventLoop()
  for (const [key, what] of Object.entries(delays) as [keyof typeof delays, string][]) {
    new Gauge({
      name: `nodejs_eventloop_delay_${key}_seconds`,
      help: `${what} of the delay of the event loop in the last ten seconds.`,
      registers,
      collect() {
        this.set(eventLoop().delay[key])
      },
    })
  }
  new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of the last ten seconds in which the event loop was at work.',
    registers,
    collect() {
      this.set(eventLoop().utilization)
    },
  })
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time spent, by the program and by the system for it.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory that the process occupies.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process began, in seconds since 1970.',
    registers,
  }).set(Math.round(Date.now() / 1_000 - process.uptime()))
}

/** The answer tells the last whole window; during the first one, what there is of it. */
function watchEventLoop(): () => EventLoopWindow {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let utilizationBefore = performance.eventLoopUtilization()
  // Delays count from the resolution, and are NaN as long as there are none.
  const seconds = (nanos: number): number => Math.max(0, (nanos || 0) / 1e9 - resolutionMs / 1e3)
  const look = (): EventLoopWindow => ({
    delay: { p50: seconds(delay.percentile(50)), p99: seconds(delay.percentile(99)), max: seconds(delay.max) },
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
