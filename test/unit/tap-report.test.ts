import test from 'ava'
import { TapReport } from '../runner/tap-report.ts'

const output = `TAP version 13
# seats › before hook
# seats › beforeEach hook for a seat is sold once
ok 1 - seats › a seat is sold once
# seats › talks
#   a word from the test
ok 2 - seats › is 3 # 4 in the row
ok 3 - seats › later # SKIP
not ok 4 - seats › never lost
  ---
    name: AssertionError
  ...
not ok 5 - TypeError: nobody caught this
1..4
# tests 4
# pass 2
# fail 2
`

test('tests, crashes and skipped tests are counted apart, however the output is cut', (t) => {
  for (const size of [1, 7, output.length]) {
    const lines: string[] = []
    const report = new TapReport((line) => lines.push(line))
    for (let start = 0; start < output.length; start += size) report.write(output.slice(start, start + size))
    t.like(report, { passed: 2, skipped: 1 })
    t.deepEqual(report.failures, [
      { title: 'seats › never lost', details: ['    name: AssertionError'] },
      { title: 'TypeError: nobody caught this', details: [] },
    ])
    t.true(lines.includes('  ✔ seats › is 3 # 4 in the row'))
    t.true(lines.includes('    a word from the test'))
    t.false(lines.some((line) => /# tests|hook/.test(line)))
  }
})

test('a report that breaks off is known by its missing end', (t) => {
  const report = new TapReport(() => undefined)
  const [before, end] = output.split('1..4')
  report.write(before ?? '')
  t.false(report.isComplete)
  report.write(`1..4${end}`)
  t.true(report.isComplete)
})

test('an error of fetch has a place: of one without, AVA would break off', async (t) => {
  const error = await t.throwsAsync(fetch('http://127.0.0.1:9'))
  t.regex(error?.stack ?? '', /\n +at /)
})
