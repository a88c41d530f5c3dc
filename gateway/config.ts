import { z } from 'zod'
import { commonSettings, metricsHost, metricsPort, natsSettings, readConfig, redisUrl } from '#shared/process/config.ts'
import { freeInstanceName } from '#shared/process/started-by-hand.ts'
import { defaultQuotas } from './limits/quota.ts'

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
  /** A port of its own for `/metrics`, on an internal network. Default: PORT serves it. */
  METRICS_PORT: metricsPort.optional(),
  METRICS_HOST: metricsHost,
  /** `demo` trusts the `user_id` of a request; `jwt` accepts only verified tokens. */
  AUTH: z.enum(['demo', 'jwt']).default('jwt'),
  /** Needed to run AUTH=demo with NODE_ENV=production. */
  FORCE_DEMO: z.stringbool().default(false),
  NODE_ENV: z.string().optional(),
  /** The name in the head of every page. */
  SHOP_NAME: z.string().trim().min(1).max(40).default('Ticketing'),
  /** Signs the tokens of POST /session (HMAC). The same for all gateways. */
  SESSION_SECRET: z.string().min(32).optional(),
  /** Signs queue places and passes. The same for all gateways and booking workers; without it, no event has a waiting room. */
  WAITING_ROOM_SECRET: z.string().min(32).optional(),
  JWT_JWKS_URL: z.url().optional(),
  /** PEM, SPKI. */
  JWT_PUBLIC_KEY: z.string().optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  /** The key of organisers. Without it, their routes answer 401. */
  ORGANISER_KEY: z
    .string()
    .regex(/^org_[\x21-\x7e]{16,}$/, 'must be org_ and at least 16 characters')
    .optional(),
  /** The key of gates. The organisers' key opens their routes too. */
  DOOR_KEY: z
    .string()
    .regex(/^door_[\x21-\x7e]{16,}$/, 'must be door_ and at least 16 characters')
    .optional(),
  RATE_LIMITS: z.enum(['on', 'off']).default('on'),
  /** Quotas per minute that replace the defaults, such as `my-bookings=20,sell=600`. */
  RATE_LIMIT_MAXIMA: z
    .string()
    .regex(
      /^([a-z-]+=[1-9]\d*(,[a-z-]+=[1-9]\d*)*)?$/,
      'must look like my-bookings=20,sell=600, with quotas of at least 1',
    )
    .default(''),
  /** The number of gateways. While Redis is unavailable, each allows its share of a quota. */
  GATEWAYS: z.coerce.number().int().min(1).default(1),
  /** Open connections, of all clients together. */
  MAX_CONNECTIONS: z.coerce.number().int().min(1).default(10_000),
  /** Open connections of one address, unless it is a trusted proxy. */
  MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).default(1_000),
  /** Open seat streams, of all clients together. */
  MAX_STREAMS: z.coerce.number().int().min(0).default(4_000),
  /** Open seat streams of one user, or of one address without credentials. */
  MAX_STREAMS_PER_CALLER: z.coerce.number().int().min(0).default(200),
  /** With AUTH=demo: host names that requests may use, besides localhost and IP addresses. */
  ALLOWED_HOSTS: list,
  /** Pages that may read answers: `*` (any page, public reads only) or origins such as `https://shop.example`. */
  CORS_ORIGINS: list,
  /** While a quarter of the hold requests take longer, the gateway admits fewer of them and answers 503 to the others. */
  SLOW_HOLD_MS: z.coerce.number().int().min(1).default(250),
  /** Addresses or CIDR ranges whose X-Forwarded-For is trusted. */
  TRUSTED_PROXIES: list,
})

export type GatewayConfig = ReturnType<typeof readGatewayConfig>

/** The gateway's settings; `quotas` null: no limits. Throws `ConfigurationError` that names every wrong setting. */
export function readGatewayConfig(env: NodeJS.ProcessEnv, args: string[]) {
  const checked = gatewaySettings.superRefine((config, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (config.AUTH === 'demo' && config.NODE_ENV === 'production' && !config.FORCE_DEMO) {
      complain('AUTH', 'demo trusts any user_id, so it is refused in production; FORCE_DEMO=1 allows it')
    }
    if (config.AUTH === 'demo' && config.SESSION_SECRET === undefined) {
      complain('SESSION_SECRET', 'is required with AUTH=demo: at least 32 characters, the same for all gateways')
    }
    if (config.AUTH === 'jwt' && config.JWT_JWKS_URL === undefined && config.JWT_PUBLIC_KEY === undefined) {
      complain('JWT_JWKS_URL', 'or JWT_PUBLIC_KEY is required with AUTH=jwt')
    }
    for (const origin of config.CORS_ORIGINS) {
      if (origin === '*' ? config.CORS_ORIGINS.length > 1 : !isOrigin(origin)) {
        complain('CORS_ORIGINS', `must be * alone, or origins such as https://shop.example; ${origin} is not an origin`)
      }
    }
    for (const name of Object.keys(quotasFrom(config.RATE_LIMIT_MAXIMA))) {
      if (!(name in defaultQuotas)) complain('RATE_LIMIT_MAXIMA', `unknown rate class ${name}`)
    }
  })
  const config = readConfig(checked, {
    env: { INSTANCE: freeInstanceName('gateway', env), ...env },
    command: 'npm run gateway --',
    args,
    flags: { port: 'PORT', instance: 'INSTANCE', host: 'HOST' },
    natsUser: 'gateway',
  })
  const quotas = { ...defaultQuotas, ...quotasFrom(config.RATE_LIMIT_MAXIMA) }
  return { ...config, quotas: config.RATE_LIMITS === 'off' ? null : quotas }
}

/** An origin as browsers send it: scheme, host and port, in lower case. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text
}

function quotasFrom(text: string): Record<string, number> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', maximum] = pair.split('=')
      return [name, Number(maximum)]
    }),
  )
}
