import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { SeatVersions } from '#shared/contracts/seats.ts'
import type { SeatFact } from '#shared/facts/places.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { type HubParts, StreamHub } from '../../gateway/streams/hub.ts'
import { StreamMetrics } from '../../gateway/streams/metrics.ts'
import { listening } from './listening.ts'
import { sumIn } from './metrics.ts'
import { silentLog } from './silent-log.ts'

export const eventId = '019a0000-0000-7000-8000-000000000042'
const stream = '2026-11-30T12:00:00.123456789Z'

/** A hub behind a server of Node, without NATS and workers: the test says which facts are heard. */
export async function serveStreams(t: ExecutionContext, options: Partial<HubParts> & { seats?: number } = {}) {
  const { seats = 10, ...parts } = options
  const metrics = new Metrics('test')
  let sequence = 0
  const house = (): SeatVersions => ({
    version: 1,
    cancelled: false,
    rows: [
      {
        section: 'Stalls',
        first_seat_no: 0,
        codes: '0'.repeat(seats),
        versions: Array.from({ length: seats }, () => 1),
      },
    ],
    areas: [],
  })
  const hub = new StreamHub({
    source: { readSeats: async () => house(), countAreas: async () => [] },
    position: () => ({ stream, sequence }),
    max: { ofCaller: 10_000, all: 10_000 },
    metrics: new StreamMetrics(metrics),
    log: silentLog,
    ...parts,
  })
  const { url, port, stop } = await listening((req, res) => {
    const begin = () => {
      res.removeHeader('Transfer-Encoding')
      res.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' }).flushHeaders()
      return { res, socket: req.socket }
    }
    hub
      .open({ eventId, section: null, from: lastEventIdOf(req), caller: 'test', owner: null, askPlace: null }, begin)
      .catch(() => res.destroy())
  })
  t.teardown(() => hub.stop().then(stop))
  return {
    hub,
    url: `${url}/`,
    /** A client that reads nothing. */
    openPaused(): Socket {
      const socket = connect({ host: '127.0.0.1', port }).pause()
      socket.on('error', () => undefined)
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      t.teardown(() => socket.destroy())
      return socket
    },
    /** A fact about these seats. */
    tell(named: readonly SeatFact[]): void {
      sequence += 1
      const payload = Buffer.from(JSON.stringify({ seats: named, areas: [] }))
      hub.receive({ entity: 'seat', eventId, what: 'freed', sequence, payload })
    },
    async metric(name: string, label = ''): Promise<number> {
      return sumIn((await metrics.expose('')).text, name, label)
    },
  }
}

function lastEventIdOf({ headers }: IncomingMessage): string | null {
  const header = headers['last-event-id']
  return typeof header === 'string' ? header : null
}
