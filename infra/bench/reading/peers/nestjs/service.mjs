import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { MessagePattern, Transport } from '@nestjs/microservices'
import { ready } from '../ready.mjs'
import { decorate } from './decorate.mjs'

/* The events microservice, which has its page in memory. */

const events = JSON.parse(readFileSync(process.env.REPLY_FILE, 'utf8'))

class EventsController {
  list() {
    return events
  }
  bookings() {
    return { items: [], next_cursor: null }
  }
}
decorate(EventsController, [Controller()], {
  list: [MessagePattern('events.list')],
  bookings: [MessagePattern('bookings.list')],
})

class AppModule {}
decorate(AppModule, [Module({ controllers: [EventsController] })])

const app = await NestFactory.createMicroservice(AppModule, {
  transport: Transport.NATS,
  options: { servers: [process.env.NATS_URL] },
  logger: ['error', 'warn'],
})
await app.listen()
ready()
