import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { startOtlpSink } from './otlp-sink.ts'
import type { SpanSinks } from './variants.ts'

export interface RunningSinks extends SpanSinks {
  /** How many bytes of spans the healthy one has taken. */
  received(): number
  stop(): void
}

export async function startSinks(): Promise<RunningSinks> {
  let received = 0
  const healthy = await startOtlpSink((request) => {
    received += request.length
  })
  const sockets = new Set<Socket>()
  const blackHole = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.resume()
  })
  blackHole.listen(0, '127.0.0.1')
  await once(blackHole, 'listening')
  return {
    healthyUrl: healthy.url,
    blackHoleUrl: `http://127.0.0.1:${(blackHole.address() as AddressInfo).port}`,
    received: () => received,
    stop() {
      healthy.stop()
      for (const socket of sockets) socket.destroy()
      blackHole.close()
    },
  }
}
