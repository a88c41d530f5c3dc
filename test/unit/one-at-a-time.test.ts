import test from 'ava'
import { OneAtATime } from '../../workers/booking/waiting-list/one-at-a-time.ts'

test('32 wait for their turn on a list, more are refused at once as overloaded, and other lists go on', async (t) => {
  const turns = new OneAtATime()
  const first = Promise.withResolvers<void>()
  const order: number[] = []
  const works = Array.from({ length: 33 }, (_, index) =>
    turns.run('full', async () => {
      if (index === 0) await first.promise
      order.push(index)
    }),
  )
  await t.throwsAsync(
    turns.run('full', async () => t.fail()),
    { code: 'overloaded' },
  )
  t.is(await turns.run('other', async () => 'done'), 'done')
  t.deepEqual(order, [])
  first.resolve()
  await Promise.all(works)
  t.is(order.join(), [...works.keys()].join())
  t.is(await turns.run('full', async () => 'done'), 'done')
})

test('a work that fails fails alone: the next one has its turn', async (t) => {
  const turns = new OneAtATime()
  const failing = turns.run('list', () => Promise.reject(new Error('broken')))
  const next = turns.run('list', async () => 'done')
  await t.throwsAsync(failing, { message: 'broken' })
  t.is(await next, 'done')
})
