import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { parseNatsUrl } from '#shared/messaging/nats-url.ts'
import { spanDirectory } from '#shared/observability/span-files.ts'
import { parseRedisUrl, redisUrlForms } from '#shared/redis-url.ts'
import { explainFlagError } from './explain-flag-error.ts'

/*
 * Every process has one `config.ts`: a schema of environment variables. A value comes from the first of: command-line flag, environment,
 * running system (`running.json`), default of the schema.
 */

/** The NATS users, one for each kind of process; `infra/deploy/nats/permissions.conf` has their rights. */
export const natsUsers = ['gateway', 'event', 'booking', 'purchase', 'auditor', 'operator'] as const

export type NatsUser = (typeof natsUsers)[number]

/**
 * The database users: the owner of all schemas, which migrates and backs up; one for each schema, which reads and writes only that schema;
 * and the auditor, which reads. `infra/ops/database-roles.ts` has their rights.
 */
export const databaseUsers = ['owner', 'event', 'booking', 'purchase', 'sandbox', 'auditor'] as const

export type DatabaseUser = (typeof databaseUsers)[number]

/** `running.json` in the data folder, where other commands find the running system. */
export interface RunningSystem {
  pid: number
  nats_urls: Record<NatsUser, string>
  redis_url: string
  database_urls: Record<DatabaseUser, string>
  payment_url: string
  /** AUTH: a joining gateway must not accept more than the others. */
  auth: string
  /** CORS_ORIGINS, for the same reason. */
  cors_origins?: string
  session_secret: string
  waiting_room_secret: string
  webhook_secret: string
  organiser_key: string
  door_key: string
  ticket_keys: string
  gateways: string[]
  /** null: no spans are created. */
  tracing: RunningTracing | null
  /** Servers and processes of the application. */
  processes: readonly { readonly instance: string; readonly pid: number }[]
}

export interface RunningTracing {
  /** Receiver of spans, by OTLP over gRPC; null: each process writes its spans to the data folder. */
  otlp_url: string | null
  /** OTEL_TRACES_SAMPLER_ARG. */
  sample_ratio: string
}

export const commonSettings = {
  INSTANCE: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  OTEL_SDK_DISABLED: z.stringbool().default(false),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.01),
  /** Receiver of spans, by OTLP over gRPC. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Folder for spans as files, if no receiver is set. */
  SPAN_DIRECTORY: z.string().min(1).optional(),
}

/** Port of `/metrics`; 0 picks a free one. */
export const metricsPort = z.coerce.number().int().min(0).max(65_535)
export const metricsHost = z.string().min(1).default('127.0.0.1')

export const natsSettings = {
  NATS_URL: z.string().superRefine((url, context) => {
    try {
      parseNatsUrl(url)
    } catch (error) {
      context.addIssue((error as Error).message)
    }
  }),
  /** File with the CA certificate of the server; connections are then encrypted. */
  NATS_CA: z.string().min(1).optional(),
}
export const redisUrl = z.string().refine((text) => parseRedisUrl(text) !== undefined, redisUrlForms)
export const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ })

/** The parsed settings of a schema with these members. */
export type ConfigOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>

/** Wrong or missing settings; the message names all of them and what to do. */
export class ConfigurationError extends Error {}

interface ConfigurationSource {
  env: NodeJS.ProcessEnv
  /** The command that starts it, up to its flags: `npm run gateway --`. */
  command: string
  /** Arguments after the script name. */
  args: string[]
  /** Allowed flags and the variable each one sets: `{port: 'PORT'}`. */
  flags: Record<string, string>
  /** The NATS user of this process in a running system. */
  natsUser?: NatsUser
  /** Its database user there. */
  databaseUser?: DatabaseUser
}

/** Thrown for `--help`; the message is the usage. */
export class HelpRequest extends Error {}

/** Reads and checks all settings. Throws `ConfigurationError`, or `HelpRequest`. */
export function readConfig<S extends z.ZodObject>(schema: S, source: ConfigurationSource): z.output<S> {
  const flags = fromFlags(source)
  const values = { ...fromRunningSystem(source), ...source.env, ...flags }
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new ConfigurationError(
    `Wrong or missing settings:\n${problems.join('\n')}\nStart the whole system with npm start, or set them yourself.`,
  )
}

/** The running system of this data folder; null without one, or when its launcher was killed. */
export function readRunningSystem(env: NodeJS.ProcessEnv): RunningSystem | null {
  try {
    const system = JSON.parse(readFileSync(join(dataDirectory(env), 'running.json'), 'utf8')) as RunningSystem
    return isAlive(system.pid) ? system : null
  } catch {
    return null
  }
}

/** The data folder of a locally started system: `DATA_DIR`, by default `.data` in the project. */
export function dataDirectory(env: NodeJS.ProcessEnv): string {
  return env.DATA_DIR ?? join(import.meta.dirname, '..', '..', '.data')
}

/** Whether a process exists and has not ended. */
export function isAlive(pid: number): boolean {
  try {
    // Signal 0 is not sent; it only checks that the process exists.
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    // EPERM: it exists, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether it has ended but was not yet reaped by its parent. In a container without an init process this can last. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

function fromRunningSystem({ env, natsUser, databaseUser }: ConfigurationSource): Record<string, string> {
  const running = readRunningSystem(env)
  if (running === null) return {}
  return {
    ...(natsUser && { NATS_URL: running.nats_urls[natsUser] }),
    REDIS_URL: running.redis_url,
    ...(databaseUser && { DATABASE_URL: running.database_urls[databaseUser] }),
    PAYMENT_URL: running.payment_url,
    SESSION_SECRET: running.session_secret,
    WAITING_ROOM_SECRET: running.waiting_room_secret,
    PAYMENT_WEBHOOK_SECRET: running.webhook_secret,
    ORGANISER_KEY: running.organiser_key,
    DOOR_KEY: running.door_key,
    TICKET_KEYS: running.ticket_keys,
    AUTH: running.auth,
    ...(running.cors_origins !== undefined && { CORS_ORIGINS: running.cors_origins }),
    ...(running.tracing && {
      OTEL_TRACES_SAMPLER_ARG: running.tracing.sample_ratio,
      ...(running.tracing.otlp_url === null
        ? { SPAN_DIRECTORY: spanDirectory(dataDirectory(env)) }
        : { OTEL_EXPORTER_OTLP_ENDPOINT: running.tracing.otlp_url }),
    }),
  }
}

function fromFlags(source: ConfigurationSource): Record<string, string> {
  const { args, flags } = source
  const options = Object.fromEntries(Object.keys(flags).map((name) => [name, { type: 'string' as const }]))
  try {
    const { values } = parseArgs({ args, options: { ...options, ...helpOption }, strict: true })
    const { help, ...given } = values
    if (help) throw new HelpRequest(usageOf(source))
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [flags[name] ?? name, String(value)]))
  } catch (error) {
    if (error instanceof HelpRequest) throw error
    const what = explainFlagError(error as Error, { args, names: Object.keys(flags), command: source.command })
    throw new ConfigurationError(`${what}\n\n${usageOf(source)}`)
  }
}

const helpOption = { help: { type: 'boolean', short: 'h' } } as const

function usageOf({ command, flags }: ConfigurationSource): string {
  const width = Math.max(...Object.keys(flags).map(({ length }) => length))
  return [
    `Usage: ${command} [flags]`,
    ...Object.entries(flags).map(([name, variable]) => `  --${name.padEnd(width)}  sets ${variable}`),
    'infra/SETTINGS.md has all variables. With npm start running, it joins that system.',
  ].join('\n')
}
