import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { readyScreen } from '../../infra/launcher/ready-screen.ts'
import type { System } from '../../infra/launcher/system.ts'
import { until } from '../support/until.ts'

test('whoever was asked for a page of the ready screen can stop at once: no answer is left half read', async (t) => {
  // More than a socket takes while nobody reads.
  const page = Buffer.alloc(8 * 1024 * 1024, 'x')
  const server = createServer((_request, response) => response.end(page))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const running = { gateways: [url], payment_url: url, processes: [], organiser_key: 'org_key' }
  const system = { running, servers: [], logDirectory: '/logs', demo: true } as unknown as System

  t.true((await readyScreen(system, 1)).includes(`${url}/events`))
  let closed = false
  server.close(() => {
    closed = true
  })
  await until('the server is closed', () => closed, { timeoutMs: 5_000 })
  t.pass()
})
