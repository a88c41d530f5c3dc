import { Bus } from '#shared/messaging/bus.ts'
import { fillDemoCatalogue } from '../../ops/demo-catalogue.ts'
import { type Application, type ApplicationPlan, kinds, startApplication } from '../../system/application.ts'
import type { System } from '../../system/start-system.ts'
import type { Bench } from '../bench.ts'

/** What all measured systems stand in front of: servers, our workers, the payment sandbox. */
export interface ReadingSystem extends Omit<System, 'start'> {
  /**
   * The gateway of this system is measured by nobody: organisers go there. Those that are measured are started here, and NATS knows
   * all of them as the gateway. `script`: of one that is compared with ours; it reports its URL.
   */
  start(instance: string, plan: ProcessPlan): Promise<Application>
  readonly bus: Bus
}

interface ProcessPlan extends Pick<ApplicationPlan, 'directory'> {
  readonly script?: string
  readonly environment?: NodeJS.ProcessEnv
}

export async function startReadingSystem(bench: Bench): Promise<ReadingSystem> {
  // Beside this as in production: one trace in a hundred, sent to where nobody listens, and logs from `info` on.
  const environment = { NODE_ENV: 'production', FORCE_DEMO: '1', OTEL_SDK_DISABLED: 'false' }
  const system = await bench.start({ environment })
  const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'bench', timeoutMs: 5_000 })
  bench.onStop(() => bus.close())
  await fillDemoCatalogue({ bus, say: () => undefined, now: new Date() })
  return {
    ...system,
    bus,
    async start(instance, { script, directory, environment }) {
      bench.stopping.throwIfAborted()
      const process = await startApplication({
        kind: script === undefined ? kinds.gateway : { title: instance, instance, script, listens: false },
        instance,
        directory,
        logDirectory: system.logDirectory,
        environment: {
          ...system.environment('gateway'),
          DATABASE_URL: system.databaseUrl,
          RATE_LIMITS: undefined,
          ...environment,
        },
      })
      bench.onStop(() => process.stop())
      return process
    },
  }
}
