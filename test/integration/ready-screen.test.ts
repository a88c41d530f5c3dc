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
  const system = { running, logDirectory: '/logs', demo: true } as unknown as Launched

  let screen = ''
  // On a busy machine a page may be too slow to be named.
  await until(
    'all pages answer in time and are read',
    async () => {
      answers.length = 0
      screen = await readyScreen(system, 1)
      // A server hears that its answer is out a moment after the reader has all of it.
      const areRead = until('each is read', () => answers.every((answer) => answer.writableFinished), {
        timeoutMs: 2_000,
      })
      return areRead.then(
        () => screen.includes(`${url}/events`),
        () => false,
      )
    },
    { timeoutMs: 45_000 },
  )
  t.regex(screen, /organiser's key +org_key +for http:.*\/desk\n/)
  t.is(answers.length, 7)
})
