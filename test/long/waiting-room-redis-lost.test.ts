import { join } from 'node:path'
import test from 'ava'
import { cutOffTail } from '../chaos/faults/servers.ts'
import { Draws } from '../support/draws.ts'
import { forFile } from '../support/for-file.ts'
import { eventWithRoom, joinAll, lookAtAll, numbersOf } from '../support/room-buyers.ts'
import { startSystem } from '../support/system.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 }, env: { RATE_LIMITS: 'off' } }))

const losses: Readonly<Record<string, () => Promise<void>>> = {
  'is killed': async () => {
    await system.servers.server('redis').kill()
    await system.servers.server('redis').restart()
  },
  'loses its last second': async () => {
    await system.servers.server('redis').kill()
    await cutOffTail(join(system.directory, 'redis'), 4_096)
    await system.servers.server('redis').restart()
  },
  'loses everything': async () => {
    await system.servers.server('redis').kill()
    await system.servers.server('redis').restart({ withData: false })
  },
}

for (const [what, lose] of Object.entries(losses)) {
  test.serial(
    `Redis ${what}: no acknowledged place is lost, no number given twice, and nobody overtaken`,
    async (t) => {
      const eventId = await eventWithRoom(system.url, { state: 'paused' })
      const before = await joinAll(system, eventId, 'ann', 40)
      await lose()
      const newcomers = await joinAll(system, eventId, 'bob', 10)
      const numbers = await numbersOf(system, before)
      t.deepEqual(
        numbers,
        [...before.values()].map(({ number }) => number),
      )
      t.true(Math.min(...(await numbersOf(system, newcomers))) > Math.max(...numbers))
    },
  )

  test.serial(`Redis ${what} around a draw: all who have a place are drawn, once, and keep it`, async (t) => {
    const draws = new Draws(system)
    const eventId = await draws.eventWithDraw()
    const early = await joinAll(system, eventId, 'cat', 40)
    await lose()
    await lookAtAll(system, early, { haveNumbers: false })
    const late = await joinAll(system, eventId, 'dan', 10)
    await draws.close(eventId)
    const drawn = [...(await numbersOf(system, early)), ...(await numbersOf(system, late))]
    const numbers = Array.from({ length: 50 }, (_, at) => at + 1)
    t.is(drawn.toSorted((a, b) => a - b).join(), numbers.join())
    const after = await joinAll(system, eventId, 'eva', 10)
    const behind = await numbersOf(system, after)
    await lose()
    const newcomers = await joinAll(system, eventId, 'fay', 10)
    t.deepEqual([...(await numbersOf(system, early)), ...(await numbersOf(system, late))], drawn)
    t.deepEqual(await numbersOf(system, after), behind)
    t.true(Math.min(...behind) > 50)
    t.true(Math.min(...(await numbersOf(system, newcomers))) > Math.max(...behind))
  })
}
