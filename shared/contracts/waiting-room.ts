import { z } from 'zod'
import { defineContract } from './contract.ts'
import { drawSummary, drawTerms } from './draw.ts'
import { eventId, publicIdField, userId, utcTime } from './fields.ts'

/*
 * The waiting room of an event: buyers join a queue, are called in order, and get a pass, without which they cannot take places. The event
 * worker stores the settings; the gateways answer everything else from Redis.
 */

const limits = {
  calls_per_minute: z.int().min(1).max(100_000).describe('Most buyers called in a minute'),
  max_active: z.int().min(1).max(1_000_000).describe('Most buyers who choose and pay at the same time'),
  claim_s: z.int().min(5).max(600).describe('Seconds in which a call can be claimed'),
  session_s: z.int().min(60).max(7_200).describe('Most seconds for which a pass is valid'),
  idle_s: z.int().min(30).max(3_600).describe('Seconds without activity after which a session ends'),
}

const adaptive = z
  .boolean()
  .describe('Calls become slower while the booking workers are busy; false: always at the rate of `calls_per_minute`')

const bypassed = z.int().min(0).describe('How many passes the organiser has given out without the queue')

const roomState = z
  .enum(['off', 'pre_queue', 'open', 'paused'])
  .describe(
    '`pre_queue`: buyers join, and a draw will give them their numbers; `open`: they are called once the sale has opened; `paused`: nobody is called, and buyers with a pass continue; `off`: nobody needs a pass',
  )
const opensAt = utcTime.nullable().optional().describe('When the sale opens; nobody is called earlier. null: not set')
const draw = drawSummary
  .nullable()
  .describe('null: the room has no draw, and buyers are called in the order of joining')

/** The settings of a new room unless its organiser chooses others. */
export const roomDefaults = {
  calls_per_minute: 600,
  max_active: 300,
  claim_s: 60,
  session_s: 900,
  idle_s: 300,
  adaptive: true,
} as const

const waitingRoom = z
  .object({ event_id: eventId, state: roomState, opens_at: opensAt, ...limits, adaptive, bypassed, draw })
  .meta({ id: 'WaitingRoom', description: 'The waiting room of an event' })

export type WaitingRoom = z.infer<typeof waitingRoom>

export const viewWaitingRoom = defineContract('event', 'view-waiting-room', {
  summary: 'The waiting room of an event: whether buyers need a pass, and how many are let in',
  request: z.strictObject({ event_id: eventId }),
  reply: waitingRoom,
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

const usualSettings = Object.entries(roomDefaults)
  .map(([name, value]) => `\`${name}\` ${value}`)
  .join(', ')

export const setWaitingRoom = defineContract('event', 'set-waiting-room', {
  summary: 'Organiser: switch the waiting room of an event on or off, pause it, or change how many buyers it lets in',
  request: z
    .strictObject({
      event_id: eventId,
      state: roomState.exactOptional(),
      calls_per_minute: limits.calls_per_minute.exactOptional(),
      max_active: limits.max_active.exactOptional(),
      claim_s: limits.claim_s.exactOptional(),
      session_s: limits.session_s.exactOptional(),
      idle_s: limits.idle_s.exactOptional(),
      adaptive: adaptive.exactOptional(),
      draw: drawTerms
        .optional()
        .describe('When the draw is held. Before that, `paused` means that nobody is called after the draw'),
    })
    .meta({
      description: `The settings to change; absent ones stay as they are. A new waiting room needs \`state\`; its other settings are by default ${usualSettings}`,
      examples: [{ state: 'open', calls_per_minute: 600, max_active: 300 }],
    }),
  reply: waitingRoom,
  errors: ['event_not_found', 'draw_not_open', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 5_000,
})

/** The event worker counts bypass passes; gateways sign them. */
export const countBypass = defineContract('event', 'count-bypass', {
  summary: 'Gateway: count a bypass pass that an organiser gives out',
  request: z.strictObject({ event_id: eventId, for_user_id: userId }),
  reply: z.object({
    pass_id: z.uuid().describe('Of the pass'),
    began_at: utcTime.describe('When its session began'),
    session_s: limits.session_s,
    bypassed,
  }),
  errors: ['event_not_found', 'queue_not_enabled', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 1_000,
})

export const issueBypass = defineContract('gateway', 'issue-bypass', {
  summary: 'Organiser: a pass for one buyer without the queue; their number is public',
  request: z
    .strictObject({ event_id: eventId, for_user_id: userId.describe('The only buyer who can use the pass') })
    .meta({ description: 'The buyer who gets the pass', examples: [{ for_user_id: '125' }] }),
  reply: z
    .object({
      pass: z.string().describe('The pass, for the header Queue-Pass of requests that take places'),
      expires_at: utcTime.describe('Until when the pass is valid'),
      bypassed,
    })
    .meta({ id: 'BypassPass', description: 'Admission to the shop beside the queue' }),
  errors: ['event_not_found', 'queue_not_enabled', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})

/** Arrival indexes are given out in blocks that Postgres records first, so that none is given out twice, whatever Redis loses. */
export const reservePlaces = defineContract('event', 'reserve-places', {
  summary: 'Gateway: a block of places that were never given out',
  request: z.strictObject({ event_id: eventId, count: z.int().min(1).max(100_000).describe('How many places') }),
  reply: z.object({
    from: z.int().describe('The first place of the block'),
    to: z.int().describe('The place after the last one of the block'),
  }),
  errors: ['queue_not_enabled', 'queue_full'],
  deadlineMs: 1_000,
})

export const placeId = publicIdField.describe('Id of the place in the queue; only its owner can use it')

const queuePlace = z
  .object({
    id: placeId,
    event_id: eventId,
    state: z
      .enum(['waiting', 'called', 'admitted', 'ended'])
      .describe('`called`: claim the pass now; `admitted`: it was claimed; `ended`: left, missed or bought'),
    index: z.int().min(0).describe('The order of arrival, from 0; the index into the ranks of a draw'),
    number: z.int().nullable().describe('The position in the order of calls; null before the draw'),
    ahead: z.int().min(0).nullable().describe('How many places are called before this one; null before the draw'),
    serving: z.int().describe('The highest number that was called; compare with `number`'),
    eta_s: z
      .object({
        p50: z.int().describe('Half of the buyers wait at most this many seconds'),
        p90: z.int().describe('Nine of ten buyers wait at most this many seconds'),
      })
      .nullable()
      .describe('Estimated time until the call, from the pace of the last minute; null while that is unknown'),
    claim_in_ms: z.int().min(0).nullable().describe('How long the call can still be claimed; null without a call'),
    next_poll_ms: z.int().describe('When to poll again'),
  })
  .meta({ id: 'QueuePlace', description: 'A place in the queue of an event' })

export type QueuePlace = z.infer<typeof queuePlace>

export const joinQueue = defineContract('gateway', 'join-queue', {
  summary: 'A place in the queue of an event: one per buyer, however often and wherever they join',
  request: z.strictObject({ event_id: eventId }),
  reply: queuePlace,
  errors: ['event_not_found', 'queue_not_enabled', 'queue_full'],
  deadlineMs: 2_000,
})

export const viewQueuePlace = defineContract('gateway', 'view-queue-place', {
  summary: 'A place of the caller: its number, how many are ahead, and when to poll again',
  request: z.strictObject({ place_id: placeId }),
  reply: queuePlace,
  errors: ['not_found', 'place_expired', 'queue_not_enabled'],
  deadlineMs: 2_000,
})

export const leaveQueue = defineContract('gateway', 'leave-queue', {
  summary: 'Give up a place or a session; repeating it changes nothing',
  request: z.strictObject({ place_id: placeId }),
  reply: z.object({}),
  errors: ['not_found'],
  deadlineMs: 2_000,
})

export const claimPass = defineContract('gateway', 'claim-pass', {
  summary: 'Turn a call into a pass, which goes into the header Queue-Pass of requests that take places',
  request: z.strictObject({ place_id: placeId }),
  reply: z
    .object({
      pass: z
        .string()
        .nullable()
        .describe('The pass; null while the rate of passes is used up: try again after `next_poll_ms`'),
      expires_at: utcTime.nullable().describe('Until when the pass is valid'),
      next_poll_ms: z.int().describe('When to try again; 0 with a pass'),
    })
    .meta({ id: 'QueuePass', description: 'Admission to the shop' }),
  errors: ['not_found', 'place_expired', 'queue_not_enabled'],
  deadlineMs: 2_000,
})

export const viewServing = defineContract('gateway', 'view-serving', {
  summary: 'The state of the queue of an event: one answer for everybody, at most a second old',
  request: z.strictObject({ event_id: eventId }),
  reply: z
    .object({
      event_id: eventId,
      state: roomState,
      opens_at: opensAt,
      serving: z.int().describe('The highest number that was called'),
      issued: z.int().describe('The highest number that was given out'),
      gaps: z
        .array(z.array(z.int()))
        .describe('First and last number of each range without places; they do not count as ahead'),
      calls_per_minute: z.int().describe('Current limit of calls in a minute'),
      active: z.int().min(0).optional().describe('How many buyers choose and pay now'),
      called: z.int().min(0).optional().describe('How many calls are not claimed yet'),
      bypassed,
      draw,
      as_of: utcTime.describe('Time of this state'),
    })
    .meta({ id: 'Serving', description: 'The state of a queue' }),
  errors: ['event_not_found', 'queue_not_enabled'],
  deadlineMs: 1_000,
  readOnly: true,
})
