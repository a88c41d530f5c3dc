import type { ServerResponse } from 'node:http'
import test from 'ava'
import type { Launched } from '../../infra/system/launcher/launch.ts'
import { readyScreen } from '../../infra/system/launcher/ready-screen.ts'
import { listening } from '../support/listening.ts'
import { until } from '../support/until.ts'

test('the ready screen reads its pages to the end, so that none keeps a process from stopping', async (t) => {
  // More than a socket takes while nobody reads.
  const page = Buffer.alloc(8 * 1024 * 1024, 'x')
  const answers: ServerResponse[] = []
  const { url, stop } = await listening((_request, response) => {
    answers.push(response)
    response.end(page)
  })
  t.teardown(stop)
  const running = { gateways: [url], payment_url: url, processes: [], organiser_key: 'org_key' }
  const system = { running, servers: [], logDirectory: '/logs', demo: true } as unknown as Launched

  t.true((await readyScreen(system, 1)).includes(`${url}/events`))
  t.is(answers.length, 6)
  // A server hears that its answer is out a moment after the reader has all of it.
  await until('every page was read', () => answers.every((answer) => answer.writableFinished))
})
