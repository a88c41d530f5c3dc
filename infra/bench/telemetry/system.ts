import type { Kind } from '../../system/application.ts'
import { freePort } from '../../system/free-port.ts'
import type { System } from '../../system/start-system.ts'
import { type BenchSystemOptions, startBenchSystem } from '../bench-system.ts'
import { environmentOf, type SpanSinks, type Variant, variants } from './variants.ts'

/** A gateway and an event worker of one variant. */
export interface ObservedSystem {
  readonly url: string
  /** Process ids by what they are. */
  readonly pids: ReadonlyMap<string, number>
  /** By the same names. */
  readonly inspectorPorts: ReadonlyMap<string, number>
}

export interface ObservedSystems {
  readonly of: Readonly<Record<Variant, ObservedSystem>>
  stop(): Promise<void>
}

const observedKinds: readonly Kind[] = ['event', 'gateway']
const nobody = { sandbox: 0, event: 0, booking: 0, purchase: 0, gateway: 0 }

/**
 * Starts one system for each variant, all at once and idle until it is their turn; they share PostgreSQL, but not NATS, whose
 * queue groups would share out their requests.
 */
export async function startObservedSystems({
  sinks,
  ...options
}: Pick<BenchSystemOptions, 'say' | 'stopping'> & { readonly sinks: SpanSinks }): Promise<ObservedSystems> {
  const started: System[] = []
  const stop = async (): Promise<void> => {
    for (const system of started.splice(0).toReversed()) await system.stop()
  }
  try {
    const systems: [Variant, ObservedSystem][] = []
    for (const variant of variants) {
      const [first] = started
      const given = first ? { database: first.servers.database } : {}
      const system = await startBenchSystem({ ...options, given, counts: nobody })
      started.push(system)
      const inspectorPorts = new Map<string, number>()
      let url = ''
      for (const kind of observedKinds) {
        const port = await freePort()
        const env = { ...environmentOf(variant, sinks), NODE_OPTIONS: `--inspect=127.0.0.1:${port}` }
        const process = await system.start(kind, { OTEL_SDK_DISABLED: 'false', ...env })
        inspectorPorts.set(process.name, port)
        url = process.url
      }
      const pids = new Map(system.processes().map(({ name, pid }) => [name, pid]))
      systems.push([variant, { url, pids, inspectorPorts }])
    }
    return { of: Object.fromEntries(systems) as Record<Variant, ObservedSystem>, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
