import 'reflect-metadata'
import KeyvRedis from '@keyv/redis'
import { CacheInterceptor, CacheModule, CacheTTL } from '@nestjs/cache-manager'
import { Controller, Get, Inject, Module, Query, UseInterceptors } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { ClientsModule, Transport } from '@nestjs/microservices'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler'
import { ready } from '../ready.mjs'
import { decorate } from './decorate.mjs'

/*
 * NestJS on Fastify as its documentation shows it: CacheInterceptor over Redis, ThrottlerGuard, a client of the NATS transport.
 * Its limit counts in memory: the Redis storage that others publish does not know this release yet.
 */

const { READS_PER_MINUTE, BOOKINGS_PER_MINUTE, NATS_URL, REDIS_URL } = process.env
const isLimited = READS_PER_MINUTE !== undefined

class ApiController {
  constructor(client) {
    this.client = client
  }
  events(query) {
    return this.client.send('events.list', query)
  }
  bookings(query) {
    return this.client.send('bookings.list', query)
  }
}
Inject('SERVICE')(ApiController, undefined, 0)
Query()(ApiController.prototype, 'events', 0)
Query()(ApiController.prototype, 'bookings', 0)
decorate(ApiController, [Controller()], {
  events: [Get('events'), UseInterceptors(CacheInterceptor), CacheTTL(60_000)],
  bookings: [
    Get('bookings'),
    ...(isLimited ? [Throttle({ default: { limit: Number(BOOKINGS_PER_MINUTE), ttl: 60_000 } })] : []),
  ],
})

class AppModule {}
const throttler = ThrottlerModule.forRoot({
  throttlers: [{ limit: Number(READS_PER_MINUTE), ttl: 60_000 }],
  getTracker: (request) => request.headers['x-forwarded-for'],
})
decorate(AppModule, [
  Module({
    imports: [
      CacheModule.registerAsync({ useFactory: () => ({ stores: [new KeyvRedis(REDIS_URL)] }) }),
      ClientsModule.register([{ name: 'SERVICE', transport: Transport.NATS, options: { servers: [NATS_URL] } }]),
      ...(isLimited ? [throttler] : []),
    ],
    controllers: [ApiController],
    providers: isLimited ? [{ provide: APP_GUARD, useClass: ThrottlerGuard }] : [],
  }),
])

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] })
await app.listen(0, '127.0.0.1')
ready(await app.getUrl())
