import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { RecentStock, type StockOfEvents } from '../../workers/event/recent-stock.ts'

const full = (ids: readonly string[]): StockOfEvents =>
  new Map(
    ids
      .filter((id) => id !== 'unseated')
      .map((id) => [id, { available: 7, placeCount: 9, soldOut: false, steppedPrices: new Map() }]),
  )

const inMs = (ms: number): number => performance.now() + ms

test('whoever asks within a moment shares the question, and only what is new is asked for', async (t) => {
  const stock = new RecentStock()
  const asked: string[][] = []
  const ask = async (ids: string[]): Promise<StockOfEvents> => {
    asked.push(ids)
    await pause(1)
    return full(ids)
  }
  const lists = [
    ['a', 'b', 'unseated'],
    ['b', 'a'],
    ['unseated', 'c', 'a'],
  ]
  const found = await Promise.all(lists.map((ids) => stock.of(ids, inMs(5_000), ask)))
  t.deepEqual(asked, [['a', 'b', 'unseated'], ['c']])
  t.deepEqual(
    found.map((events) => [...events.keys()]),
    [
      ['a', 'b'],
      ['b', 'a'],
      ['c', 'a'],
    ],
  )
  t.is(found[0]?.get('a')?.available, 7)
})

test('what was told a moment ago is asked for again', async (t) => {
  const stock = new RecentStock()
  let questions = 0
  const ask = async (ids: string[]): Promise<StockOfEvents> => {
    questions += 1
    return full(ids)
  }
  await stock.of(['a'], inMs(5_000), ask)
  const since = performance.now()
  while (questions === 1) {
    await stock.of(['a'], inMs(5_000), ask)
    await pause(5)
  }
  t.true(performance.now() - since < 2_000)
})

test('a question that fails is asked anew by the next list', async (t) => {
  const stock = new RecentStock()
  const failing = stock.of(['a'], inMs(5_000), () => Promise.reject(new Error('booking is away')))
  await t.throwsAsync(failing, { message: 'booking is away' })
  t.true((await stock.of(['a'], inMs(5_000), async (ids) => full(ids))).has('a'))
})

test('each waits as long as it may itself, whoever asked', async (t) => {
  const stock = new RecentStock()
  const { promise, resolve } = Promise.withResolvers<StockOfEvents>()
  const hasty = stock.of(['a'], inMs(5), () => promise)
  const patient = stock.of(['a'], inMs(60_000), () => t.fail('asked again') as never)
  const late = stock.of(['a'], inMs(-1), () => t.fail('asked again') as never)
  await t.throwsAsync(hasty, { code: 'worker_timeout' })
  await t.throwsAsync(late, { code: 'worker_timeout' })
  resolve(full(['a']))
  t.true((await patient).has('a'))
})
