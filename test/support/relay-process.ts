import { startOutboxRelay } from '#shared/facts/relay.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { openPostgres } from './open-postgres.ts'

/* `node relay-process.ts <nats url> <database url>`: the relay of the booking schema as a process. */

const [natsUrl = '', url = ''] = process.argv.slice(2)
const postgres = openPostgres(url)
const bus = await Bus.connect({ url: natsUrl, name: 'relay', timeoutMs: 15_000 })
const log = createLogger({ name: 'relay', instance: 'relay-1', level: 'fatal' })
startOutboxRelay({ postgres, bus, schema: 'booking', metrics: new Metrics('relay-1'), log })
process.send?.('started')
