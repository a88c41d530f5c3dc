import { ServiceBroker } from 'moleculer'
import ApiGateway from 'moleculer-web'
import { ready } from '../ready.mjs'

/* moleculer-web as its documentation shows it, without a log line for each request. Its limit counts in memory. */

const { READS_PER_MINUTE, BOOKINGS_PER_MINUTE, NATS_URL } = process.env

const broker = new ServiceBroker({ nodeID: `gateway-${process.pid}`, transporter: NATS_URL, logLevel: 'warn' })
const api = broker.createService({
  name: 'api',
  mixins: [ApiGateway],
  settings: {
    port: 0,
    ip: '127.0.0.1',
    etag: true,
    logRequest: null,
    routes: [
      { path: '/events', aliases: { 'GET /': 'events.list' }, rateLimit: limit(READS_PER_MINUTE) },
      { path: '/bookings', aliases: { 'GET /': 'events.bookings' }, rateLimit: limit(BOOKINGS_PER_MINUTE) },
    ].map((route) => ({ ...route, mappingPolicy: 'restrict', bodyParsers: false })),
  },
})
await broker.start()
await broker.waitForServices('events')
ready(`http://127.0.0.1:${api.server.address().port}`)

function limit(max) {
  if (max === undefined) return null
  return { window: 60_000, limit: Number(max), headers: true, key: (request) => request.headers['x-forwarded-for'] }
}
