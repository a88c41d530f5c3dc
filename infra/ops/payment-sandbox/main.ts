import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pendingMigrations } from '#shared/database/migrations.ts'
import { Postgres } from '#shared/database/postgres.ts'
import { readConfig } from '#shared/process/config.ts'
import { openTracing, runProcess } from '#shared/process/lifecycle.ts'
import { startRetention } from '#shared/retention/retention.ts'
import { createApp } from './app.ts'
import { CallbackSender } from './callback-sender.ts'
import { sandboxFlags, sandboxSettings } from './config.ts'
import { sandboxRetention } from './retention.ts'
import { describeChanges } from './store/callbacks.ts'

/** Requests that are never answered hold their sockets no longer than this. */
const idleSocketMs = 30_000
/** Requests under way when the signal to stop comes may take this much longer. */
const finishInFlightMs = 1_000

await runProcess({
  name: 'payment-sandbox',
  env: process.env,
  readConfig: () =>
    readConfig(sandboxSettings, {
      env: { INSTANCE: 'payment-sandbox-1', ...process.env },
      command: 'node infra/ops/payment-sandbox/main.ts',
      args: process.argv.slice(2),
      flags: sandboxFlags,
      databaseUser: 'sandbox',
    }),
  async start(config, log, onStop) {
    await openTracing(config, { name: 'payment-sandbox', log, onStop })
    const db = new Postgres({
      url: config.DATABASE_URL,
      applicationName: config.INSTANCE,
      maxConnections: 10,
      onIdleError: (error) => log.warn({ err: error }, 'an idle database connection was lost'),
    })
    onStop('postgres', () => db.close())
    const pending = await pendingMigrations(db, {
      schema: 'sandbox',
      directory: join(import.meta.dirname, 'migrations'),
    })
    if (pending.length > 0) throw new Error(`schema sandbox lacks ${pending.join(', ')}: run npm run migrate first`)

    const sender = new CallbackSender({
      db,
      log,
      secret: config.PAYMENT_WEBHOOK_SECRET,
      fallbackUrl: config.PAYMENT_WEBHOOK_URL,
    })
    onStop('callbacks', () => sender.stop())
    onStop('retention', startRetention({ postgres: db, log }, config.RETENTION_DAYS, sandboxRetention(log)))
    const app = createApp({
      db,
      log,
      describe: describeChanges({ delayMs: config.WEBHOOK_DELAY_MS, copies: config.WEBHOOK_COPIES }),
      wakeSender: () => sender.wake(),
    })
    const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, app.callback())
    server.setTimeout(idleSocketMs)
    server.listen(config.PAYMENT_SANDBOX_PORT, config.PAYMENT_SANDBOX_HOST)
    await once(server, 'listening')
    onStop('server', async () => {
      const closed = once(server, 'close')
      server.close()
      setTimeout(() => server.closeAllConnections(), finishInFlightMs).unref()
      await closed
    })
    const { port } = server.address() as AddressInfo
    const url = `http://${config.PAYMENT_SANDBOX_HOST}:${port}`
    log.info({ port }, `payment sandbox ${config.INSTANCE} listening on ${url}`)
    if (config.PAYMENT_WEBHOOK_SECRET === undefined) log.info('no PAYMENT_WEBHOOK_SECRET: callbacks wait unsent')
    return { port, url }
  },
})
