import { openSocket } from '../support/raw-http.ts'
import type { Shop } from './buyer.ts'
import { Random } from './random.ts'

/** Connections of one flood, and requests that each of them sends ahead. */
const connections = 10
const requests = 400
/** How long a flood waits to be cut. */
const patienceMs = 500
const pauseMs = { from: 1_000, to: 5_000 }

/** Sends floods of requests to the gateways and never reads an answer, until it is over. No buyer must notice. */
export async function letFlooderSend(shop: Shop, closed: AbortSignal): Promise<void> {
  const random = new Random(`flooder ${shop.seed}`)
  while (!closed.aborted) {
    const url = random.pick(shop.gatewayUrls)
    await Promise.all(Array.from({ length: connections }, () => flood(url)))
    await random.pause(pauseMs, closed)
  }
}

function flood(url: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = openSocket(url).pause()
    const timer = setTimeout(() => socket.destroy(), patienceMs)
    // Also of a gateway that is down, and one that cuts it.
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.write(`GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(requests))
  })
}
