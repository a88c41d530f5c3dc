import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test from 'ava'
import { cpuTimes } from '../../infra/bench/cpu-time.ts'
import { answerIn } from '../../infra/bench/http-answer.ts'
import { quantile } from '../../infra/bench/quantile.ts'
import { callers, type SystemName } from '../../infra/bench/reading/plan.ts'
import { trafficOf } from '../../infra/bench/reading/requests.ts'
import { type Cell, ratioVerdicts, rowsOf } from '../../infra/bench/reading/results.ts'
import type { Sample } from '../../infra/bench/sample.ts'
import { verdict } from '../../infra/bench/verdict.ts'

function cell(system: SystemName, round: number, changes: Partial<Sample>): Cell {
  const sample: Sample = {
    gateway_cpu_us: 50,
    all_cpu_us: 60,
    requests_per_second: 1_000,
    p50_ms: 1,
    p99_ms: 2,
    generator_busy: 0.5,
    answered: 3_000,
    failures: 0,
    firstFailure: undefined,
    ...changes,
  }
  return { system, scenario: 'hit', connections: 50, round, sample }
}

test('a slow machine does not look like a slow gateway: ratios are taken within a round, and the middle one counts', (t) => {
  const cells = [
    // In the second round the machine was ten times slower for both, in the third for ours alone.
    ...[50, 500, 600].map((cpu, round) => cell('ours', round, { gateway_cpu_us: cpu })),
    ...[50, 500, 60].map((cpu, round) => cell('koa', round, { gateway_cpu_us: cpu })),
  ]
  const [first] = ratioVerdicts(cells.toReversed())
  t.deepEqual(first?.rounds?.toSorted(), [1, 1, 10])
  t.is(first?.value, 1)
})

test('a row tells the failures of all its rounds', (t) => {
  const [row] = rowsOf([
    cell('ours', 0, { gateway_cpu_us: 90, failures: 1 }),
    cell('ours', 1, { gateway_cpu_us: 40, failures: 2, firstFailure: 'HTTP/1.1 503' }),
    cell('ours', 2, { gateway_cpu_us: 30 }),
  ])
  t.like(row, { gateway_cpu_us: 40, failures: 3, first_failure: 'HTTP/1.1 503' })
})

test('a bound that is passed, or that could not be measured, is not kept', (t) => {
  t.true(verdict({ what: '', value: 1.2, at_most: 1.2 }).is_good)
  t.false(verdict({ what: '', value: 1.21, at_most: 1.2 }).is_good)
  t.false(verdict({ what: '', value: 2.49, at_least: 2.5 }).is_good)
  t.false(verdict({ what: '', value: Number.NaN, at_most: 1.2 }).is_good)
})

test('a quantile is the smallest measured value that so many do not exceed', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  t.deepEqual([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.01)], [50, 99, 7])
  t.is(quantile([], 0.5), Number.NaN)
})

test('a miss is never asked for twice, and limited hits come from a thousand callers', (t) => {
  const sent = (traffic: ReturnType<typeof trafficOf>, count: number) =>
    Array.from({ length: count }, () => String(traffic.next()))
  const rounds = [trafficOf('miss'), trafficOf('miss')]
  t.is(new Set(rounds.flatMap((traffic) => sent(traffic, 500))).size, 1_000)
  const hits = sent(trafficOf('hit+limit'), 2 * callers)
  t.is(new Set(hits.map((request) => /^X-Forwarded-For: (.*)\r$/m.exec(request)?.[1])).size, callers)
})

test('answers other than those a scenario is about count as failures', (t) => {
  const answer = (status: number) => ({ status, head: `HTTP/1.1 ${status} ` })
  t.true(trafficOf('hit').isGood(answer(200)))
  t.false(trafficOf('hit').isGood(answer(304)))
  // A new minute lets some through.
  const refused = trafficOf('refused')
  t.true(refused.isGood(answer(429)))
  t.is(Array.from({ length: 1_000 }, () => refused.isGood(answer(200))).filter(Boolean).length, 100)
})

test('an answer is complete with its last byte, whether it has a length, chunks or no body', (t) => {
  const statusOf = (received: string) => answerIn(Buffer.from(received))?.status
  const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345'
  for (let cut = 1; cut < whole.length; cut += 1) t.is(statusOf(whole.slice(0, cut)), undefined)
  t.is(statusOf(whole), 200)
  const chunked = 'HTTP/1.1 429 Too Many Requests\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'
  t.is(statusOf(chunked), undefined)
  t.is(statusOf(`${chunked}0\r\n\r\n`), 429)
  t.is(statusOf('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'), 304)
})

// There is no /proc elsewhere.
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('what a child has used still counts when it has ended', async (t) => {
  const counting = '(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); echo counted; read line'
  const shell = spawn('sh', ['-c', counting], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => shell.kill('SIGKILL'))
  await once(shell.stdout, 'data')
  const used = cpuTimes(new Map([['shell', shell.pid ?? 0]])).get('shell') ?? 0
  t.true(used > 0.05, `${used} s`)
})
