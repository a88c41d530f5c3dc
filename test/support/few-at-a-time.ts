import test from 'ava'

/*
 * Imported first by a file of `test/together/`, or by one of many tests: AVA begins all tests of a process that are not serial at once,
 * and the servers or programs of a hundred tests together would answer many of them too late.
 */

const most = 4
let running = 0
const waiting: (() => void)[] = []

test.beforeEach(async () => {
  if (running < most) running += 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
})

test.afterEach.always(() => {
  // Its turn passes to the next one.
  const next = waiting.shift()
  if (next === undefined) running -= 1
  else next()
})
