import test from 'ava'
import { control, designs, type HoldDesign } from '../hold-designs/designs.ts'
import { openLab } from '../hold-designs/lab.ts'
import { createTestDatabase } from '../support/database.ts'
import { startSingleRedis } from '../support/servers.ts'

/** Long enough that no hold runs out, and no job comes by, during a race. */
const holdTtlMs = 60_000
const sizes = { connections: 8, seats: 10, holdTtlMs, sweepEveryMs: holdTtlMs }

/** How many of 40 buyers who want the same two seats at once are promised them. */
async function winners(design: HoldDesign, servers: { databaseUrl: string; redisUrl: string }): Promise<number> {
  const lab = await openLab(design.name, { ...servers, ...sizes })
  const open = await design.open(lab)
  try {
    const held = await Promise.all(Array.from({ length: 40 }, () => open.hold([4, 5])))
    const promised = held.filter((seats) => seats !== null)
    await Promise.all(promised.map((seats) => seats.release()))
    return promised.length
  } finally {
    await open.close?.()
    await lab.close()
  }
}

test('of all hold designs only the naive read-then-write promises the same seats to more than one buyer', async (t) => {
  const [database, redis] = await Promise.all([createTestDatabase({ empty: true }), startSingleRedis()])
  t.teardown(() => Promise.all([database.drop(), redis.stop()]))
  const servers = { databaseUrl: database.url, redisUrl: redis.url }
  for (const design of designs) t.is(await winners(design, servers), 1, design.name)
  t.true((await winners(control, servers)) > 1)
})
