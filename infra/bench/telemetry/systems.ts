import { freePort } from '../../system/free-port.ts'
import { Link } from '../../system/links.ts'
import type { SystemOptions } from '../../system/start-system.ts'
import type { Bench } from '../bench.ts'
import type { Answering } from '../sample.ts'
import { startOtlpSink } from './otlp-sink.ts'

/** How the processes under test report spans. */
export const variants = ['off', '1 %', '100 %', '100 %, black hole'] as const
export type Variant = (typeof variants)[number]

/** A gateway of one variant with its event worker. */
export interface ObservedSystem {
  readonly variant: Variant
  readonly gateway: Answering
  /** Of both, by what they are. */
  readonly inspectorPorts: Readonly<Record<'gateway' | 'worker', number>>
}

const noProcesses = { sandbox: 0, event: 0, booking: 0, purchase: 0, gateway: 0 }

/**
 * Starts one system for each variant, idle until it is its turn; they share PostgreSQL, but not NATS, whose queue groups would share out
 * their requests. `received` counts the bytes of spans that the healthy sink has taken.
 */
export async function startObservedSystems(
  bench: Bench,
): Promise<{ systems: readonly ObservedSystem[]; received(): number }> {
  let received = 0
  const healthy = await startOtlpSink((request) => {
    received += request.length
  })
  bench.onStop(() => healthy.stop())
  const environments: Readonly<Record<Variant, NodeJS.ProcessEnv>> = {
    off: { OTEL_SDK_DISABLED: 'true' },
    '1 %': { OTEL_TRACES_SAMPLER_ARG: '0.01', OTEL_EXPORTER_OTLP_ENDPOINT: healthy.url },
    '100 %': { OTEL_TRACES_SAMPLER_ARG: '1', OTEL_EXPORTER_OTLP_ENDPOINT: healthy.url },
    '100 %, black hole': { OTEL_TRACES_SAMPLER_ARG: '1', OTEL_EXPORTER_OTLP_ENDPOINT: await startBlackHole(bench) },
  }
  const systems: ObservedSystem[] = []
  let given: SystemOptions['given']
  for (const variant of variants) {
    const system = await bench.start({ counts: noProcesses, ...(given && { given }) })
    given ??= { database: system.servers.database }
    const start = async (kind: 'event' | 'gateway') => {
      const inspectorPort = await freePort()
      const env = { OTEL_SDK_DISABLED: 'false', ...environments[variant] }
      const process = await system.start(kind, { ...env, NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` })
      return { process, inspectorPort }
    }
    const [worker, gateway] = [await start('event'), await start('gateway')]
    const { url, pid } = gateway.process
    systems.push({
      variant,
      gateway: { url, pid, behind: new Map([['worker', worker.process.pid]]) },
      inspectorPorts: { gateway: gateway.inspectorPort, worker: worker.inspectorPort },
    })
  }
  return { systems, received: () => received }
}

/** Takes connections and never says a word. Answers its URL. */
async function startBlackHole(bench: Bench): Promise<string> {
  const link = await Link.start({ targetPort: () => 0, replies: 'to client' })
  bench.onStop(() => link.close())
  link.blackHole()
  return `http://127.0.0.1:${link.port}`
}
