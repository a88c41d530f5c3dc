import test from 'ava'
import { control, designs } from '../hold-designs/designs.ts'
import { type HoldDesign, openLabDatabase } from '../hold-designs/lab.ts'
import { createTestDatabase } from '../support/database.ts'
import { startSingleRedis } from '../support/servers.ts'

/** Long enough that no hold runs out, and no job comes by, during a race. */
const holdTtlMs = 60_000
const connections = 8

/** How many of 40 buyers who want the same two seats at once are promised them. */
async function winners(design: HoldDesign, servers: { databaseUrl: string; redisUrl: string }): Promise<number> {
  const schema = design.name.replaceAll(/\W+/g, '_').toLowerCase()
  const database = await openLabDatabase(servers.databaseUrl, { schema, connections, seats: 10 })
  try {
    const open = await design.open({ database, redisUrl: servers.redisUrl, holdTtlMs, sweepEveryMs: holdTtlMs })
    // Who hears nothing in time has no promise either.
    const held = await Promise.all(Array.from({ length: 40 }, () => open.hold([4, 5]).catch(() => null)))
    const promised = held.filter((seats) => seats !== null)
    await Promise.all(promised.map((seats) => seats.release()))
    await open.close()
    return promised.length
  } finally {
    await database.close()
  }
}

test('of all hold designs only the naive read-then-write promises the same seats to more than one buyer', async (t) => {
  const [database, redis] = await Promise.all([createTestDatabase({ empty: true }), startSingleRedis()])
  t.teardown(() => Promise.all([database.drop(), redis.stop()]))
  const servers = { databaseUrl: database.url, redisUrl: redis.url }
  for (const design of designs) t.is(await winners(design, servers), 1, design.name)
  t.true((await winners(control, servers)) > 1)
})
