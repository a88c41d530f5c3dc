import { z } from 'zod'
import { commonSettings, metricsHost, metricsPort, natsSettings, readConfig, redisUrl } from '#shared/process/config.ts'
import { defaultRateLimits } from './limits/rate-classes.ts'

const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )

export const gatewaySettings = z.object({
  ...commonSettings,
  ...natsSettings,
  REDIS_URL: redisUrl,
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** Where `/metrics` is told instead of PORT, for a network of operators. */
  METRICS_PORT: metricsPort.optional(),
  METRICS_HOST: metricsHost,
  /** `demo` believes the `user_id` of a request; `jwt` believes verified tokens only. */
  AUTH: z.enum(['demo', 'jwt']).default('jwt'),
  /** Needed to run AUTH=demo with NODE_ENV=production. */
  FORCE_DEMO: z.stringbool().default(false),
  NODE_ENV: z.string().optional(),
  /** Signs the tokens of POST /session (HMAC); all gateways need the same. */
  SESSION_SECRET: z.string().min(32).optional(),
  JWT_JWKS_URL: z.url().optional(),
  /** PEM, SPKI. */
  JWT_PUBLIC_KEY: z.string().optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  /** Key of the organiser's routes; without it they answer 401. */
  ORGANISER_KEY: z
    .string()
    .regex(/^org_[\x21-\x7e]{16,}$/, 'must be org_ and at least 16 characters')
    .optional(),
  RATE_LIMITS: z.enum(['on', 'off']).default('on'),
  /** Single maxima per minute, such as `my-bookings=20,sell=600`. */
  RATE_LIMIT_MAXIMA: z
    .string()
    .regex(/^([a-z-]+=\d+(,[a-z-]+=\d+)*)?$/, 'must look like my-bookings=20,sell=600')
    .default(''),
  /** How many gateways share a limit: while Redis is away each one allows that fraction. */
  GATEWAYS: z.coerce.number().int().min(1).default(1),
  /** Addresses or CIDR ranges whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: list,
})

export type GatewayConfig = ReturnType<typeof readGatewayConfig>

/** The gateway's settings. Throws `ConfigurationError` naming everything wrong. */
export function readGatewayConfig(env: NodeJS.ProcessEnv, args: string[]) {
  const checked = gatewaySettings.superRefine((config, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (config.AUTH === 'demo' && config.NODE_ENV === 'production' && !config.FORCE_DEMO) {
      complain('AUTH', 'demo believes any user_id and is refused in production (FORCE_DEMO=1 to insist)')
    }
    if (config.AUTH === 'demo' && config.SESSION_SECRET === undefined) {
      complain('SESSION_SECRET', 'is needed with AUTH=demo: at least 32 characters, the same for all gateways')
    }
    if (config.AUTH === 'jwt' && config.JWT_JWKS_URL === undefined && config.JWT_PUBLIC_KEY === undefined) {
      complain('JWT_JWKS_URL', 'or JWT_PUBLIC_KEY is needed with AUTH=jwt')
    }
    for (const name of Object.keys(rateLimitMaxima(config.RATE_LIMIT_MAXIMA))) {
      if (!(name in defaultRateLimits)) complain('RATE_LIMIT_MAXIMA', `there is no class ${name}`)
    }
  })
  const config = readConfig(checked, {
    env: { INSTANCE: 'gateway-1', ...env },
    args,
    flags: { port: 'PORT', instance: 'INSTANCE', host: 'HOST' },
    natsUser: 'gateway',
  })
  return {
    instance: config.INSTANCE,
    logLevel: config.LOG_LEVEL,
    tracingDisabled: config.OTEL_SDK_DISABLED,
    sampleRatio: config.OTEL_TRACES_SAMPLER_ARG,
    spanEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    nats: { url: config.NATS_URL, caFile: config.NATS_CA },
    redisUrl: config.REDIS_URL,
    host: config.HOST,
    port: config.PORT,
    metrics: config.METRICS_PORT === undefined ? null : { host: config.METRICS_HOST, port: config.METRICS_PORT },
    auth: config.AUTH,
    sessionSecret: config.SESSION_SECRET,
    jwt: {
      jwksUrl: config.JWT_JWKS_URL,
      publicKey: config.JWT_PUBLIC_KEY,
      issuer: config.JWT_ISSUER,
      audience: config.JWT_AUDIENCE,
    },
    organiserKey: config.ORGANISER_KEY,
    rateLimits:
      config.RATE_LIMITS === 'off' ? null : { ...defaultRateLimits, ...rateLimitMaxima(config.RATE_LIMIT_MAXIMA) },
    gateways: config.GATEWAYS,
    trustedProxies: config.TRUSTED_PROXIES,
  }
}

function rateLimitMaxima(text: string): Record<string, number> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', maximum] = pair.split('=')
      return [name, Number(maximum)]
    }),
  )
}
