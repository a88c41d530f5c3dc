import { Bus } from '#shared/messaging/bus.ts'
import { operation, serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import { echo } from './echo.ts'

/* `node echo-process.ts <nats url> <instance>`: an event worker that only echoes, as a process. */

const [url = '', instance = ''] = process.argv.slice(2)
const bus = await Bus.connect({ url, name: instance, timeoutMs: 15_000 })
await serve(bus, {
  worker: 'event',
  instance,
  operations: [operation(echo, async ({ text }) => ({ text, instance }))],
  maxInFlight: 1_000,
  log: createLogger({ name: 'event', instance, level: 'fatal' }),
})
process.send?.('started')
