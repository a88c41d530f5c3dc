import { glob, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { Draws } from '../support/draws.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 }, env: { RATE_LIMITS: 'off' } }))

/** By user. */
type Places = Map<string, { readonly id: string; readonly number: number | null }>

async function joinAll(eventId: string, name: string, count: number): Promise<Places> {
  const places: Places = new Map()
  for (let at = 0; at < count; at += 1) {
    const user = `${name}-${at}`
    await until('a join is answered', async () => {
      const url = `${system.gateways[at % 2]?.url}/events/${eventId}/queue`
      const { status, body } = await ask(url, { json: { user_id: user } })
      if (status === 201) places.set(user, body)
      return status === 201
    })
  }
  return places
}

/** All owners show their ids. Answers their numbers, once they have any if they `haveNumbers`. */
async function numbersOf(places: Places, haveNumbers = true): Promise<number[]> {
  const numbers: number[] = []
  for (const [user, { id }] of places) {
    await until('a place is shown', async () => {
      const { status, body } = await ask(`${system.gateways[numbers.length % 2]?.url}/queue/${id}?user_id=${user}`)
      if (status !== 200 || (haveNumbers && body.number === null)) return false
      numbers.push(body.number)
      return true
    })
  }
  return numbers
}

/** Takes the last bytes off the file of Redis, as when its machine is lost within the second before it syncs. */
async function cutOffTail(bytes: number): Promise<void> {
  for await (const file of glob(join(system.directory, 'redis', '*', '*.incr.aof'))) {
    await truncate(file, Math.max(0, (await stat(file)).size - bytes))
  }
}

const losses: Readonly<Record<string, () => Promise<void>>> = {
  'is killed': async () => {
    await system.servers.server('redis').kill()
    await system.servers.server('redis').restart()
  },
  'loses its last second': async () => {
    await system.servers.server('redis').kill()
    await cutOffTail(4_096)
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
      const eventId = await eventOnSale(system.url)
      const draws = new Draws(system)
      await draws.put(`${eventId}/queue`, { state: 'paused' })
      const before = await joinAll(eventId, 'ann', 40)
      await lose()
      const newcomers = await joinAll(eventId, 'bob', 10)
      const numbers = await numbersOf(before)
      t.deepEqual(
        numbers,
        [...before.values()].map(({ number }) => number),
      )
      t.true(Math.min(...(await numbersOf(newcomers))) > Math.max(...numbers))
    },
  )

  test.serial(
    `Redis ${what} before and after a draw: all that were given a place are drawn, once, and keep it`,
    async (t) => {
      const draws = new Draws(system)
      const eventId = await draws.eventWithDraw()
      const early = await joinAll(eventId, 'cat', 40)
      await lose()
      await numbersOf(early, false)
      const late = await joinAll(eventId, 'dan', 10)
      await draws.close(eventId)
      const drawn = [...(await numbersOf(early)), ...(await numbersOf(late))]
      t.deepEqual(
        drawn.toSorted((a, b) => a - b),
        Array.from({ length: 50 }, (_, at) => at + 1),
      )
      const after = await joinAll(eventId, 'eva', 10)
      const behind = await numbersOf(after)
      await lose()
      const newcomers = await joinAll(eventId, 'fay', 10)
      t.deepEqual([...(await numbersOf(early)), ...(await numbersOf(late))], drawn)
      t.deepEqual(await numbersOf(after), behind)
      t.true(Math.min(...behind) > 50)
      t.true(Math.min(...(await numbersOf(newcomers))) > Math.max(...behind))
    },
  )
}
