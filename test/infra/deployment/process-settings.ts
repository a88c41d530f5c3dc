import { join } from 'node:path'
import { z } from 'zod'
import { databaseUrl, databaseUsers, natsSettings } from '#shared/process/config.ts'
import { gatewaySettings, readGatewayConfig } from '../../../gateway/config.ts'
import { projectRoot } from '../../../infra/config.ts'
import { auditorSettings } from '../../../infra/ops/audit/config.ts'
import { sandboxSettings } from '../../../infra/ops/payment-sandbox/config.ts'
import { bookingSettings } from '../../../workers/booking/config.ts'
import { eventSettings } from '../../../workers/event/config.ts'
import { purchaseSettings } from '../../../workers/purchase/config.ts'

/** What every process of the application knows, by the script that runs it. */
const settings: Readonly<Record<string, z.ZodObject>> = {
  'gateway/main.ts': gatewaySettings,
  'workers/event/main.ts': eventSettings,
  'workers/booking/main.ts': bookingSettings,
  'workers/purchase/main.ts': purchaseSettings,
  'infra/ops/audit/main.ts': auditorSettings,
  'infra/ops/payment-sandbox/main.ts': sandboxSettings,
  'infra/ops/demo-catalogue/main.ts': z.object(natsSettings),
  'infra/ops/migrate.ts': z.object({
    DATABASE_URL: databaseUrl,
    ...Object.fromEntries(
      databaseUsers.map((user) => [`DATABASE_PASSWORD_${user.toUpperCase()}`, z.string().optional()]),
    ),
  }),
}

/** The script of ours that a command runs; `undefined` when it is somebody else's program. */
export function scriptOf(command: readonly string[]): string | undefined {
  return command.map((part) => /[\w/-]+\.ts\b/.exec(part)?.[0]).find((script) => script !== undefined)
}

/** What a process would say to these settings, and those of them that it does not know. */
export function settingFaults(script: string, environment: Readonly<Record<string, string>>): string[] {
  const schema = settings[script]
  if (schema === undefined) return [`${script} is no process of ours`]
  const unknown = Object.keys(environment).filter((name) => !(name in schema.shape))
  return [...unknown.map((name) => `${script} does not know ${name}`), ...refusals(script, schema, environment)]
}

/** The settings that name ports of a process, each with the paths that a probe may ask there. */
export function probedPaths(script: string): Readonly<Record<string, readonly string[]>> {
  switch (script) {
    case 'gateway/main.ts':
      return { PORT: ['/livez', '/readyz'], METRICS_PORT: ['/livez'] }
    case 'infra/ops/payment-sandbox/main.ts':
      return { PAYMENT_SANDBOX_PORT: ['/ledger'] }
    default:
      return { METRICS_PORT: ['/livez'] }
  }
}

function refusals(script: string, schema: z.ZodObject, environment: Readonly<Record<string, string>>): string[] {
  if (script === 'gateway/main.ts') {
    try {
      // A folder that does not exist: no running system of a developer may lend its settings.
      readGatewayConfig({ ...environment, DATA_DIR: join(projectRoot, '.data', 'absent') }, [])
      return []
    } catch (error) {
      return [`${script}: ${(error as Error).message}`]
    }
  }
  const { error } = schema.safeParse({ INSTANCE: 'one', ...environment })
  return (error?.issues ?? []).map((issue) => `${script}: ${issue.path.join('.')} ${issue.message}`)
}
