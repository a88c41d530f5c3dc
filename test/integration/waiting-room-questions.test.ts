import test from 'ava'
import { roomDefaults, viewWaitingRoom } from '#shared/contracts/waiting-room.ts'
import { newId } from '#shared/ids.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { operation } from '#shared/messaging/serve.ts'
import { Rooms } from '../../gateway/waiting-room/rooms.ts'
import { openBus } from '../support/open-bus.ts'
import { outcomeOf } from '../support/refusals.ts'
import { serveScripted } from '../support/scripted-worker.ts'
import { startTestNats } from '../support/servers.ts'
import { until } from '../support/until.ts'

/* How often a gateway asks the event worker about a room. */

const inTime = () => ({ requestId: newId(), caller: anonymous, deadlineAt: performance.now() + 10_000 })

test('however many ask about a room that is off, the event worker hears few questions, and soon that it is open', async (t) => {
  const nats = await startTestNats()
  t.teardown(() => nats.stop())
  let state: 'off' | 'open' = 'off'
  let questions = 0
  const answer = operation(viewWaitingRoom, async ({ event_id }) => {
    questions += 1
    return { event_id, state, ...roomDefaults, bypassed: 0, draw: null }
  })
  const stop = await serveScripted(nats.urls, 'event', [answer])
  const bus = await openBus(nats.urls.gateway)
  t.teardown(async () => {
    await bus.close()
    await stop()
  })
  const rooms = new Rooms(bus)
  const eventId = newId()
  const isAnswered = async () => (await outcomeOf(rooms.get(eventId, inTime()))) === 'done'
  await until('the event worker answers', isAnswered)
  questions = 0
  const ask = () => outcomeOf(rooms.getEnabled(eventId, inTime()), 'open')
  const answers = await Promise.all(Array.from({ length: 100 }, ask))
  t.deepEqual([...new Set(answers)], ['queue_not_enabled'])
  // One for what is a second old, and one for a room that is off.
  t.true(questions <= 2, `${questions} questions`)
  state = 'open'
  await until('the room is seen to be open', async () => (await ask()) === 'open')
})
