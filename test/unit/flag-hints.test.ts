import test from 'ava'
import { parseLogFlags } from '../../infra/logs/flags.ts'
import { parseFlags } from '../../infra/system/launcher/flags.ts'

for (const [args, hint] of [
  [['-port=8080'], /Unknown option '-port=8080'\. Did you mean --port=8080\?/],
  [['-port', '8080'], /'-port'\. Did you mean --port\?/],
  [['--prot', '8080'], /'--prot'\. Did you mean --port\?/],
  [['--Port=8080'], /'--Port=8080'\. Did you mean --port=8080\?/],
  [['--gateway', '2'], /'--gateway'\. Did you mean --gateways\?/],
  [['–observe'], /'–observe'\. Did you mean --observe\?/],
  [['port=8080'], /'port=8080'\. Did you mean --port=8080\?/],
  [['8080'], /npm passes on only what follows --: npm start -- --flag value/],
] as const) {
  test(`a mistyped flag is answered with the right one: ${args.join(' ')}`, (t) => {
    t.throws(() => parseFlags(args), { message: hint })
  })
}

test('a flag that is near to none gets no advice but the usage', (t) => {
  const error = t.throws(() => parseFlags(['--colour', 'red']))
  t.regex(error.message, /Unknown option '--colour'\.\n\nUsage: npm start/)
})

test('a mistyped --no- flag keeps its no-', (t) => {
  t.throws(() => parseLogFlags(['--no-folow']), { message: /'--no-folow'\. Did you mean --no-follow\?/ })
})
