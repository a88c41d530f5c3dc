import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { readImportConfig } from '../../infra/import/config.ts'

test('without flags a file is imported as it is, and nothing is said about seats', (t) => {
  t.deepEqual(
    readImportConfig(['a.json', '/b.json'], { INIT_CWD: '/here', NATS_URL: 'nats://x:1', DATA_DIR: '/none' }),
    {
      files: ['/here/a.json', '/b.json'],
      reschedule: false,
      seating: { eventId: null, price: null, onSale: null, tz: 'UTC' },
      natsUrl: 'nats://x:1',
      natsCa: undefined,
      gatewayUrl: 'http://localhost:8080',
    },
  )
})

test('wrong flags are named, with the usage', (t) => {
  const wrong = [
    [],
    ['--frob'],
    ['x', '--price', '50.00EUR'],
    ['x', '--event', '7'],
    ['x', 'y', '--event', '019a0000-0000-7000-8000-000000000001'],
    ['x', '--on-sale', 'tomorrow'],
    ['x', '--tz', 'Mars/Olympus'],
  ]
  for (const args of wrong)
    t.throws(() => readImportConfig(args, {}), { message: /Usage: npm run import/ }, args.join(' '))
})

test('help is no failure', (t) => {
  t.is(readImportConfig(['--help'], {}), null)
})

test('the running system is found by its file, unless its launcher is dead', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'import-flags-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const readWith = (pid: number) => {
    const running = { pid, nats_urls: { operator: 'nats://here:4222' }, gateways: ['http://here:8080'] }
    writeFileSync(join(directory, 'running.json'), JSON.stringify(running))
    return readImportConfig(['x'], { DATA_DIR: directory })
  }
  t.like(readWith(process.pid), { natsUrl: 'nats://here:4222', gatewayUrl: 'http://here:8080' })
  // Above the largest number that Linux gives a process.
  t.like(readWith(2 ** 22 + 1), { natsUrl: null, gatewayUrl: 'http://localhost:8080' })
})
