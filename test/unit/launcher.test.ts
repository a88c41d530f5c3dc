import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { seatCount } from '#shared/contracts/layout.ts'
import { demoEventId } from '#shared/ids.ts'
import { isAlive } from '#shared/process/config.ts'
import { demoEvents, demoIdAt } from '../../infra/ops/demo-catalogue/events.ts'
import { instanceNames } from '../../infra/system/application.ts'
import { baseUrl } from '../../infra/system/launcher/ports.ts'
import { endProcess, isProcess } from '../../infra/system/process-control.ts'
import { backoffMs } from '../../infra/system/supervisor.ts'

test('further instances count on from the first', (t) => {
  t.deepEqual(instanceNames('gateway-1', 3), ['gateway-1', 'gateway-2', 'gateway-3'])
  t.deepEqual(instanceNames('west-7', 2), ['west-7', 'west-8'])
  t.deepEqual(instanceNames('front', 2), ['front', 'front-2'])
})

test('a listener on all addresses is reached on this machine', (t) => {
  t.is(baseUrl({ host: '0.0.0.0', port: 1 }), 'http://127.0.0.1:1')
  t.is(baseUrl({ host: '::1', port: 1 }), 'http://[::1]:1')
})

test('pauses before a restart grow from 0.2 s to 5 s', (t) => {
  t.deepEqual([1, 2, 3, 5, 6, 50].map(backoffMs), [200, 400, 800, 3_200, 5_000, 5_000])
})

/** A process that says when it listens for SIGTERM, and then ignores it. */
async function startStubborn(t: ExecutionContext): Promise<number> {
  const child = spawn(process.execPath, [
    '-e',
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log()",
  ])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

test('a process that does not end in time is killed', async (t) => {
  const pid = await startStubborn(t)
  await endProcess({ pid, signal: 'SIGTERM', graceMs: 100 })
  t.false(isAlive(pid))
})

test('a second signal does not wait for it', async (t) => {
  const pid = await startStubborn(t)
  const begin = performance.now()
  await endProcess({ pid, signal: 'SIGTERM', graceMs: 60_000, hurry: AbortSignal.timeout(50) })
  t.false(isAlive(pid))
  t.true(performance.now() - begin < 30_000)
})

test('a process is known by its command line, not by its number alone', async (t) => {
  const pid = await startStubborn(t)
  t.true(await isProcess({ pid, commandLinePart: 'setInterval' }))
  t.false(await isProcess({ pid, commandLinePart: 'nats-server' }))
  await endProcess({ pid, signal: 'SIGKILL', graceMs: 5_000 })
  t.false(await isProcess({ pid, commandLinePart: 'setInterval' }))
})

test('the event of a bare purchase is in an arena of some 15,000 seats, the others on sale in a theatre and a club', (t) => {
  t.is(demoIdAt(0), demoEventId)
  const seats = demoEvents.flatMap(({ venue }) => (venue.drawSeats ? [seatCount(venue.drawSeats(venue.name))] : []))
  t.deepEqual(seats, [14_580, 392, 392, 392, 392, 392, 130, 130])
})

test('every event that is on sale has a price for each category and area of its house', (t) => {
  for (const { venue, prices } of demoEvents) {
    if (venue.drawSeats) {
      const { categories, areas } = venue.drawSeats(venue.name)
      t.deepEqual(Object.keys(prices).sort(), [...categories, ...areas.map(({ name }) => name)].sort())
    } else t.true(Array.isArray(prices))
  }
})

test('the demo has GA tickets, an accessible row and prices that rise', (t) => {
  const houses = demoEvents.flatMap(({ venue }) => (venue.drawSeats ? [venue.drawSeats(venue.name)] : []))
  t.true(houses.some(({ areas }) => areas.length > 0))
  t.true(houses.some(({ rows }) => rows.some(({ accessible }) => accessible)))
  t.true(houses.some(({ rows }) => rows.some(({ companions }) => companions !== undefined)))
  t.true(demoEvents.some(({ priceSteps }) => priceSteps !== undefined))
})

test('every house of the demo shows its stage and where its GA tickets are, and no seat lies on another', (t) => {
  for (const { venue } of demoEvents) {
    if (venue.drawSeats === null) continue
    const { stage, areas, rows } = venue.drawSeats(venue.name)
    t.truthy(stage)
    t.true(areas.every(({ outline }) => outline !== undefined))
    const places = rows.flatMap(({ x, y }) => x.map((left, index) => `${left} ${y[index]}`))
    t.is(new Set(places).size, places.length)
  }
})
