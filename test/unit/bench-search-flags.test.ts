import test from 'ava'
import { parseSearchFlags } from '../../infra/load/search/flags.ts'

test('a benchmark of search takes its two catalogues, or one of the size that is asked for', (t) => {
  t.deepEqual(parseSearchFlags([])?.sizes, [10_000, 1_000_000])
  t.deepEqual(parseSearchFlags(['--events', '5000'])?.sizes, [5_000])
  t.is(parseSearchFlags(['--help']), null)
})

test('a size that is none is refused, with the usage', (t) => {
  for (const args of [
    ['--events', 'x'],
    ['--events', '0'],
    ['--events', '1e4'],
    ['--events', '-1'],
    ['--sizes', '5'],
  ]) {
    t.throws(() => parseSearchFlags(args), { message: /Usage: npm run bench -- search/ }, args.join(' '))
  }
})
