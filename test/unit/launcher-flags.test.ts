import test from 'ava'
import { instanceNames } from '../../infra/system/application.ts'
import { parseFlags } from '../../infra/system/launcher/flags.ts'
import { baseUrl } from '../../infra/system/launcher/ports.ts'
import { backoffMs } from '../../infra/system/supervisor.ts'

test('without flags one gateway on 127.0.0.1:8080 and one worker of each kind are started', (t) => {
  t.deepEqual(parseFlags([]), {
    port: 8080,
    host: '127.0.0.1',
    instance: 'gateway-1',
    gateways: 1,
    workers: 1,
    observe: false,
  })
})

for (const [args, complaint] of [
  [['--prot', '1'], /Unknown option '--prot'/],
  [['stray'], /stray/],
  [['--port', 'http'], /--port must be a whole number/],
  [['--port', '65536'], /--port must be a whole number from 0 to 65535/],
  [['--port', '65535', '--gateways', '2'], /--port must be a whole number from 0 to 65534/],
  [['--gateways', '0'], /--gateways must be a whole number from 1/],
  [['--workers', '-1'], /--workers/],
  [['--instance', 'a b'], /--instance must be/],
] as const) {
  test(`a wrong flag is named and the usage shown: ${args.join(' ')}`, (t) => {
    const error = t.throws(() => parseFlags(args), { message: complaint })
    t.regex(error.message, /Usage: npm start/)
  })
}

test('further instances count on from the first', (t) => {
  t.deepEqual(instanceNames('gateway-1', 3), ['gateway-1', 'gateway-2', 'gateway-3'])
  t.deepEqual(instanceNames('west-7', 2), ['west-7', 'west-8'])
  t.deepEqual(instanceNames('front', 2), ['front', 'front-2'])
})

test('a listener on all addresses is reached on this machine', (t) => {
  t.is(baseUrl({ host: '0.0.0.0', port: 1 }), 'http://127.0.0.1:1')
  t.is(baseUrl({ host: '::1', port: 1 }), 'http://[::1]:1')
})

test('pauses before a restart grow from 0.2 s to 5 s', (t) => {
  t.deepEqual([1, 2, 3, 5, 6, 50].map(backoffMs), [200, 400, 800, 3_200, 5_000, 5_000])
})
