import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { maxLogBytes, sizeOf } from '#shared/observability/log-file.ts'
import { LogWriter } from '#shared/observability/log-writer.ts'
import { lastLines } from '../../infra/lines-with.ts'
import { Echo } from '../../infra/system/echo.ts'
import { createTestDirectory } from '../support/servers.ts'

const line = (level: number, msg: string, err?: { message: string }): string =>
  `${JSON.stringify({ name: 'booking', level, msg, err })}\n`

test('warnings and errors of a process are repeated shortly on the terminal, the rest is not', (t) => {
  const said: string[] = []
  const echo = new Echo({ instance: 'booking-1', say: (text) => said.push(text) })
  const lines = [
    line(30, 'ready'),
    line(40, 'slow'),
    line(50, 'lost', { message: 'ECONNRESET' }),
    'no JSON "level":50\n',
  ]
  const output = lines.join('')
  echo.write(Buffer.from(output.slice(0, 70)))
  echo.write(Buffer.from(output.slice(70)))
  t.deepEqual(said, ['[booking-1] warn: slow', '[booking-1] error: lost (ECONNRESET)'])
})

test('a fault in every request does not flood the terminal', (t) => {
  const said: string[] = []
  const echo = new Echo({ instance: 'booking-1', say: (text) => said.push(text) })
  echo.write(Buffer.from(line(50, 'lost').repeat(1_000)))
  // Two, should the second change while it writes.
  t.true(said.length <= 10)
  t.true(said.includes('[booking-1] … more in its log'))
})

test('a log that has grown too large is put aside, and its last lines are found', async (t) => {
  const file = join(await createTestDirectory('logs'), 'booking-1.log')
  const log = new LogWriter(file)
  t.teardown(() => log.close())
  log.write(Buffer.alloc(maxLogBytes + 1, 'x'))
  log.write(Buffer.from('first\nsecond\nthird\n'))
  t.is(sizeOf(`${file}.1`), maxLogBytes + 1)
  t.is(readFileSync(file, 'utf8'), 'first\nsecond\nthird\n')
  t.is(lastLines(file, { count: 2, since: 0 }), 'second\nthird')
  t.is(lastLines(file, { count: 9, since: 6 }), 'second\nthird')
})

test('a log that is too large is emptied at the start', async (t) => {
  const file = join(await createTestDirectory('logs'), 'event-1.log')
  new LogWriter(file).close()
  truncateSync(file, maxLogBytes + 1)
  new LogWriter(file).close()
  t.is(sizeOf(file), 0)
})
