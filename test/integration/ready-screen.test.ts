import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import type { Launched } from '../../infra/system/launcher/launch.ts'
import { readyScreen } from '../../infra/system/launcher/ready-screen.ts'
import { until } from '../support/until.ts'

test('the ready screen reads its pages to the end, so that none keeps a process from stopping', async (t) => {
  // More than a socket takes while nobody reads.
  const page = Buffer.alloc(8 * 1024 * 1024, 'x')
  const answers: ServerResponse[] = []
  const server = createServer((_request, response) => {
    answers.push(response)
    response.end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const running = { gateways: [url], payment_url: url, processes: [], organiser_key: 'org_key' }
  const system = { running, servers: [], logDirectory: '/logs', demo: true } as unknown as Launched

  t.true((await readyScreen(system, 1)).includes(`${url}/events`))
  t.is(answers.length, 6)
  // A server hears that its answer is out a moment after the reader has all of it.
  await until('every page was read', () => answers.every((answer) => answer.writableFinished))
})
