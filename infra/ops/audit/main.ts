import { watchDeadLetters } from '#shared/facts/consume.ts'
import { serve } from '#shared/messaging/serve.ts'
import { serveMetrics } from '#shared/observability/metrics-server.ts'
import { readConfig } from '#shared/process/config.ts'
import { openParts, runProcess } from '#shared/process/lifecycle.ts'
import { freeInstanceName } from '#shared/process/started-by-hand.ts'
import { createRedis } from '#shared/redis.ts'
import { Auditor, viewInvariants } from './auditor.ts'
import { auditorFlags, auditorSettings } from './config.ts'
import { auditMetrics } from './metrics.ts'

/** Nobody waits long for the auditor. */
const maxInFlight = 16
const finishInFlightMs = 1_000

await runProcess({
  name: 'auditor',
  env: process.env,
  readConfig: () =>
    readConfig(auditorSettings, {
      env: { INSTANCE: freeInstanceName('auditor', process.env), ...process.env },
      command: 'node infra/ops/audit/main.ts',
      args: process.argv.slice(2),
      flags: auditorFlags,
      natsUser: 'auditor',
      databaseUser: 'auditor',
    }),
  async start(config, log, onStop) {
    const { INSTANCE: instance } = config
    const parts = await openParts(config, { name: 'auditor', retries: false, log, onStop })
    const { metrics: processMetrics, bus } = parts
    const metrics = auditMetrics(processMetrics)
    const { REDIS_URL: redisUrl } = config
    const redis = redisUrl === undefined ? null : createRedis({ url: redisUrl, name: instance, log })
    onStop('redis', () => redis?.disconnect())
    const auditor = new Auditor({
      databaseUrl: config.DATABASE_URL,
      paymentUrl: config.PAYMENT_URL,
      redis,
      everyMs: config.AUDIT_EVERY_MS,
      metrics,
      log,
    })
    onStop('auditor', () => auditor.stop())
    onStop(
      'dead letters',
      watchDeadLetters(bus, (letter) => auditor.deadLetter(letter)),
    )
    const service = await serve(bus, {
      worker: 'audit',
      instance,
      operations: [viewInvariants(auditor)],
      maxInFlight,
      log,
    })
    onStop('service', () => service.stop(finishInFlightMs))

    const { url, close } = await serveMetrics(processMetrics, { host: config.METRICS_HOST, port: config.METRICS_PORT })
    onStop('metrics', close)
    log.info({ metrics_url: url }, `auditor ${instance} ready`)
    return { metrics_url: url }
  },
})
