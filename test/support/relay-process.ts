import { Postgres } from '#shared/database/postgres.ts'
import { startOutboxRelay } from '#shared/facts/relay.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'

/* `node relay-process.ts <nats url> <database url>`: the relay of the booking schema as a process of its own. */

const [natsUrl = '', url = ''] = process.argv.slice(2)
const postgres = new Postgres({ url, applicationName: 'relay', maxConnections: 2, onIdleError: () => undefined })
const bus = await Bus.connect({ url: natsUrl, name: 'relay', timeoutMs: 5_000 })
const log = createLogger({ name: 'relay', instance: 'relay-1', level: 'fatal' })
startOutboxRelay({ postgres, bus, schema: 'booking', metrics: new Metrics('relay-1'), log })
process.send?.('started')
