import { z } from 'zod'
import { text, userId } from '#shared/contracts/fields.ts'
import { type KeyRole, keyCookies } from '../identity/key-sessions.ts'
import { limitedHeaders } from './headers.ts'
import type { DescribedOperation } from './own-operation.ts'
import { bodyErrors, limitedErrors, problemResponses } from './problems.ts'
import type { Schema, Schemas } from './schemas.ts'

/** `POST /session`. */
export const sessionRequest = z
  .strictObject({ user_id: userId })
  .meta({ id: 'SessionInput', description: 'Whose token is wanted' })

/** `POST /admin/session` and `POST /check-in/session`. */
export const keySessionRequest = z
  .strictObject({
    key: text(1_000).describe(
      "The key: the organiser's, `org_` and more, or at the door that of the door, `door_` and more",
    ),
  })
  .meta({ id: 'KeySessionInput', description: 'The key of somebody who signs in at the desk or the door' })

const sessionReply = z
  .object({
    user_id: userId,
    token: z.string().describe('The token, to be sent as `Authorization: Bearer …`'),
    expires_in_s: z.int().describe('Seconds for which it is valid'),
  })
  .meta({ id: 'Session', description: 'A token of the demo' })

const places = {
  organiser: { place: 'desk', who: 'Organiser', tag: 'organising', key: "the organiser's key" },
  door: { place: 'door', who: 'Door', tag: 'door', key: 'the key of the door' },
} as const

/** Signing in and out at the desk or the door. */
export function keySession(role: KeyRole, schemas: Schemas): DescribedOperation[] {
  const { place, who, tag, key } = places[role]
  const path = `${keyCookies[role].path}/session`
  const common = { tags: [tag], security: [{}] }
  const done = { 204: { description: 'Done', headers: limitedHeaders('Set-Cookie') } }
  const failures = [...limitedErrors, 'rate_limited', 'internal'] as const
  return [
    {
      method: 'POST',
      path,
      operation: {
        ...common,
        operationId: `open-${place}-session`,
        summary: `${who}: sign in at the ${place}; sets a cookie that stands for ${key} for 12 hours`,
        requestBody: { required: true, content: { 'application/json': { schema: schemas.body(keySessionRequest) } } },
        responses: {
          ...done,
          ...problemResponses([...failures, ...bodyErrors, 'validation_failed', 'unauthenticated'], true),
        },
      },
    },
    {
      method: 'DELETE',
      path,
      operation: {
        ...common,
        operationId: `close-${place}-session`,
        summary: `${who}: sign out at the ${place}; removes the cookie`,
        responses: { ...done, ...problemResponses(failures, true) },
      },
    },
  ]
}

/** Signing in as any user, and out, in demo mode. */
export function demoSession(schemas: Schemas, json: (schema: z.ZodType) => Schema): DescribedOperation[] {
  const common = { tags: ['session'], security: [{}] }
  const failures = [...limitedErrors, 'forbidden', 'rate_limited', 'internal'] as const
  return [
    {
      method: 'POST',
      path: '/session',
      operation: {
        ...common,
        operationId: 'open-session',
        summary: 'A token for the named user, also set as a cookie; demo mode only',
        // A replay would need stored credentials.
        description:
          'Takes no Idempotency-Key: nothing is stored, and a repetition returns another token for the same user.',
        requestBody: { required: true, content: { 'application/json': { schema: schemas.body(sessionRequest) } } },
        responses: {
          200: { description: 'Done', headers: limitedHeaders('Set-Cookie'), content: json(sessionReply) },
          ...problemResponses([...failures, ...bodyErrors, 'validation_failed'], true),
        },
      },
    },
    {
      method: 'DELETE',
      path: '/session',
      operation: {
        ...common,
        operationId: 'close-session',
        summary: 'Sign out: removes the cookie; demo mode only',
        responses: {
          204: { description: 'Done', headers: limitedHeaders('Set-Cookie') },
          ...problemResponses(failures, true),
        },
      },
    },
  ]
}
