import test from 'ava'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { afterPlace, afterRefusal } from '../../gateway/storefront/views/queue/queue-state.ts'

const place = (state: QueuePlace['state']): QueuePlace => ({
  id: 'p',
  event_id: 'e',
  state,
  index: 11,
  number: 12,
  ahead: 3,
  serving: 8,
  eta_s: null,
  claim_in_ms: null,
  next_poll_ms: 1_000,
})

test('a place shows where it stands, and one that ended says whether the turn was missed or used', (t) => {
  t.is(afterPlace(place('waiting'), 'join').stage, 'waiting')
  t.is(afterPlace(place('called'), 'waiting').stage, 'turn')
  t.is(afterPlace(place('admitted'), 'turn').stage, 'inside')
  t.like(afterPlace(place('ended'), 'turn'), { stage: 'over', why: 'missed' })
  t.like(afterPlace(place('ended'), 'inside'), { stage: 'over', why: 'ended' })
  t.like(afterPlace(place('ended'), 'join'), { stage: 'over', why: 'ended' })
})

test('a refusal that asking again may mend changes nothing; all others say what comes next', (t) => {
  for (const code of ['offline', 'unavailable', 'rate_limited', 'worker_timeout']) t.is(afterRefusal(code), null, code)
  t.like(afterRefusal('place_expired'), { stage: 'over', why: 'missed' })
  t.like(afterRefusal('not_found'), { stage: 'join' })
  t.like(afterRefusal('queue_full'), { stage: 'join', why: 'full' })
  t.like(afterRefusal('queue_not_enabled'), { stage: 'none' })
})
