import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readConfig } from '#shared/config.ts'
import { runProcess } from '#shared/lifecycle.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { watchDeadLetters } from '#shared/messaging/consume-facts.ts'
import { serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Auditor, viewInvariants } from './auditor.ts'
import { auditorFlags, auditorSettings } from './config.ts'
import { AuditMetrics } from './metrics.ts'

/** Nobody waits long for the auditor. */
const maxInFlight = 16
const finishInFlightMs = 1_000

await runProcess({
  readConfig: () =>
    readConfig(auditorSettings, {
      env: { INSTANCE: 'auditor-1', ...process.env },
      args: process.argv.slice(2),
      flags: auditorFlags,
    }),
  createLogger: (config) =>
    createLogger({ name: 'auditor', instance: config.INSTANCE, level: config.LOG_LEVEL, settings: config }),
  async start(config, log, onStop) {
    const { INSTANCE: instance } = config
    const bus = await Bus.connect({ url: config.NATS_URL, name: instance, timeoutMs: 5_000 })
    onStop('nats', () => bus.close())
    const metrics = new AuditMetrics()
    const auditor = new Auditor({
      databaseUrl: config.DATABASE_URL,
      paymentUrl: config.PAYMENT_URL,
      everyMs: config.AUDIT_EVERY_MS,
      metrics,
      log,
    })
    onStop('auditor', () => auditor.stop())
    onStop('dead letters', await watchDeadLetters(bus, (letter) => auditor.deadLetter(letter)))
    const service = await serve(bus, {
      worker: 'audit',
      instance,
      operations: [viewInvariants(auditor)],
      maxInFlight,
      log,
    })
    onStop('service', () => service.stop(finishInFlightMs))

    const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, async (request, response) => {
      if (request.url === '/metrics') {
        response.setHeader('Content-Type', metrics.contentType).end(await metrics.expose())
      } else {
        response.writeHead(404).end()
      }
    })
    server.listen(config.AUDIT_PORT, '127.0.0.1')
    await once(server, 'listening')
    onStop('metrics', () => {
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    log.info({ port }, `auditor ${instance} exports metrics on ${url}/metrics`)
    return { port, url }
  },
})
