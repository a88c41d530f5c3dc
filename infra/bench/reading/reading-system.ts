import { Bus } from '#shared/messaging/bus.ts'
import { fillDemoCatalogue } from '../../ops/demo-catalogue.ts'
import { type Application, type ApplicationPlan, kinds, startApplication } from '../../system/application.ts'
import type { System } from '../../system/start-system.ts'
import { type BenchSystemOptions, startBenchSystem } from '../bench-system.ts'

/** What all measured systems stand in front of: servers, our workers, the payment sandbox. */
export interface ReadingSystem extends Omit<System, 'start'> {
  /**
   * The gateway of this system is measured by nobody: webhooks and organisers go there. Those that are measured are started here, and
   * NATS knows all of them as the gateway.
   */
  start(plan: Pick<ApplicationPlan, 'instance'> & Partial<ApplicationPlan>): Promise<Application>
  readonly bus: Bus
  /** Aborted when everything is to stop. */
  readonly stopping: AbortSignal
}

/** A process that is compared with ours. It reports its URL. */
export function otherKind(script: string): ApplicationPlan['kind'] {
  return { title: script, instance: script, script, listens: false }
}

/** Starts it in a temporary folder, which is removed when it stops. */
export async function startReadingSystem(
  options: Pick<BenchSystemOptions, 'say' | 'stopping'>,
): Promise<ReadingSystem> {
  const { stopping } = options
  const system = await startBenchSystem({
    ...options,
    programs: ['nginx'],
    // Beside this as in production: one trace in a hundred, sent to where nobody listens, and logs from `info` on.
    environment: { NODE_ENV: 'production', FORCE_DEMO: '1', OTEL_SDK_DISABLED: 'false' },
  })
  const closers: (() => Promise<unknown>)[] = [() => system.stop()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'bench', timeoutMs: 5_000 })
    closers.push(() => bus.close())
    await fillDemoCatalogue({ bus, say: () => undefined, now: new Date() })
    return {
      ...system,
      bus,
      stopping,
      async start(plan) {
        stopping.throwIfAborted()
        const environment: NodeJS.ProcessEnv = {
          ...system.environment('gateway'),
          DATABASE_URL: system.databaseUrl,
          RATE_LIMITS: undefined,
          ...plan.environment,
        }
        const { logDirectory } = system
        const process = await startApplication({ kind: kinds.gateway, logDirectory, ...plan, environment })
        closers.push(() => process.stop())
        return process
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
