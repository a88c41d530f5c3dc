import test from 'ava'
import { newestItems } from '#shared/database/newest-items.ts'

/** A list of this length; `asked`: how many items were read. */
function list(length: number, text = '') {
  const asked: number[] = []
  const readPage = async (last: { n: number; text: string } | undefined, limit: number) => {
    const from = last === undefined ? 0 : last.n + 1
    const page = Array.from({ length: Math.min(limit, length - from) }, (_, index) => ({ n: from + index, text }))
    asked.push(page.length)
    return page
  }
  return { asked, readPage }
}

test('a list is read to its end, page by page', async (t) => {
  for (const length of [0, 1, 99, 100, 101, 1_000]) {
    const { items, isComplete } = await newestItems(list(length).readPage)
    t.deepEqual(
      items.map(({ n }) => n),
      [...Array(length).keys()],
    )
    t.true(isComplete, String(length))
  }
})

test('a list ends after a thousand items, or 600 KB, and says so', async (t) => {
  const many = await newestItems(list(1_001).readPage)
  t.is(many.items.length, 1_000)
  t.false(many.isComplete)
  const long = list(500, 'x'.repeat(10_000))
  const { items, isComplete } = await newestItems(long.readPage)
  t.is(items.length, 59)
  t.false(isComplete)
  t.deepEqual(long.asked, [100])
})
