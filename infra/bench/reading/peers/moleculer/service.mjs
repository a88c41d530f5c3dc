import { readFileSync } from 'node:fs'
import { ServiceBroker } from 'moleculer'
import { ready } from '../ready.mjs'

/* The events service, which has its page in memory. Moleculer keeps its cache here, in front of the action. */

const events = JSON.parse(readFileSync(process.env.REPLY_FILE, 'utf8'))

const broker = new ServiceBroker({
  nodeID: 'events',
  transporter: process.env.NATS_URL,
  cacher: { type: 'Redis', options: { prefix: 'MOL', redis: process.env.REDIS_URL } },
  logLevel: 'warn',
})
broker.createService({
  name: 'events',
  actions: {
    list: { cache: { keys: ['end'], ttl: 60 }, handler: () => events },
    bookings: () => ({ items: [], next_cursor: null }),
  },
})
await broker.start()
ready()
