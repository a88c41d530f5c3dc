import test from 'ava'
import { ConcurrencyLimit } from '../../gateway/limits/concurrency-limit.ts'

/** A limit with its clock, and calls that take as long as the test says. */
class Bench {
  nowMs = 0
  refused = 0
  readonly limit = new ConcurrencyLimit({
    slowAfterMs: 400,
    now: () => this.nowMs,
    onRefused: () => (this.refused += 1),
  })
  #underWay: { endsAt: number; end(): void }[] = []

  /** For `seconds`, keeps `crowd` callers asking, whose calls take as long as `durationMs` says. */
  run({ seconds, crowd, durationMs }: { seconds: number; crowd: number; durationMs(inFlight: number): number }): void {
    for (const until = this.nowMs + seconds * 1_000; this.nowMs < until; this.nowMs += 10) {
      for (const call of this.#underWay.filter(({ endsAt }) => endsAt <= this.nowMs)) call.end()
      this.#underWay = this.#underWay.filter(({ endsAt }) => endsAt > this.nowMs)
      while (this.#underWay.length < crowd) {
        const end = this.limit.begin()
        if (end === null) break
        this.#underWay.push({ endsAt: this.nowMs + durationMs(this.#underWay.length + 1), end })
      }
    }
  }
}

test('fast calls are refused only beyond the default MAX_IN_FLIGHT of one worker', (t) => {
  const bench = new Bench()
  bench.run({ seconds: 10, crowd: 256, durationMs: () => 100 })
  t.is(bench.refused, 0)
  bench.run({ seconds: 1, crowd: 257, durationMs: () => 100 })
  t.true(bench.refused > 0)
  t.is(bench.limit.limit, 256)
})

test('with a worker that bears 100 calls a second, calls in flight settle where each takes less than half a second', (t) => {
  const bench = new Bench()
  const durationMs = (inFlight: number) => inFlight * 10
  bench.run({ seconds: 20, crowd: 1_000, durationMs })
  for (let second = 0; second < 20; second += 1) {
    bench.run({ seconds: 1, crowd: 1_000, durationMs })
    const { limit } = bench.limit
    t.true(limit >= 20 && limit <= 50, `${limit}`)
  }
})

test('counted calls are never refused, and take the room of others until they end', (t) => {
  const { limit } = new Bench()
  const counted = Array.from({ length: 300 }, () => limit.count())
  t.is(limit.inFlight, 300)
  t.is(limit.begin(), null)
  for (const end of counted.slice(0, 45)) end()
  t.truthy(limit.begin())
  t.is(limit.begin(), null)
})

test('a worker that was frozen is called as often as before within half a minute', (t) => {
  const bench = new Bench()
  bench.run({ seconds: 4, crowd: 300, durationMs: () => 2_000 })
  t.true(bench.limit.limit < 150, `${bench.limit.limit}`)
  bench.run({ seconds: 30, crowd: 300, durationMs: () => 20 })
  t.is(bench.limit.limit, 256)
})

for (const crowd of [0, 5]) {
  test(`five minutes after trouble, with ${crowd} callers meanwhile, a rush is not refused`, (t) => {
    const bench = new Bench()
    bench.run({ seconds: 4, crowd: 200, durationMs: () => 2_000 })
    t.true(bench.limit.limit < 150, `${bench.limit.limit}`)
    bench.run({ seconds: 300, crowd, durationMs: () => 20 })
    const { refused } = bench
    bench.run({ seconds: 1, crowd: 250, durationMs: () => 100 })
    t.is(bench.refused, refused)
  })
}

test('waves of a thousand callers, ten seconds apart, find the limit almost as low as the overload left it', (t) => {
  const bench = new Bench()
  const durationMs = (inFlight: number) => inFlight * 10
  bench.run({ seconds: 20, crowd: 1_000, durationMs })
  for (let wave = 0; wave < 5; wave += 1) {
    bench.run({ seconds: 10, crowd: 3, durationMs })
    t.true(bench.limit.limit <= 60, `${bench.limit.limit}`)
    bench.run({ seconds: 2, crowd: 1_000, durationMs })
  }
})

test('sixteen callers are never refused, however slow their calls are', (t) => {
  const bench = new Bench()
  bench.run({ seconds: 60, crowd: 16, durationMs: () => 2_000 })
  t.is(bench.refused, 0)
})

test('slow calls in a quiet hour refuse nobody, neither then nor in the rush that follows', (t) => {
  const bench = new Bench()
  bench.run({ seconds: 10, crowd: 1, durationMs: () => 1_900 })
  bench.run({ seconds: 1, crowd: 250, durationMs: () => 100 })
  t.is(bench.refused, 0)
})

test('calls that are not judged count, and may be as slow as they like', (t) => {
  const bench = new Bench()
  const ends = Array.from({ length: 100 }, () => bench.limit.begin({ isJudged: false }))
  bench.run({ seconds: 10, crowd: 100, durationMs: () => 100 })
  t.like(bench, { refused: 0, limit: { limit: 256 } })
  t.true(bench.limit.inFlight >= 100)
  for (const end of ends) end?.()
})
