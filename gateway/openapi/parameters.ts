import { userId } from '#shared/contracts/fields.ts'
import type { Schema, Schemas } from './schemas.ts'

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'A name that you choose for this write. The same key with the same request gets the same answer, byte for byte, and changes nothing',
  schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
  example: 'my-first-purchase',
}

/** Parameters that many operations share. */
export function parameterComponents(schemas: Schemas): Record<string, Schema> {
  return {
    user_id: {
      name: 'user_id',
      in: 'query',
      description:
        'The caller, unless the body or a token names them. Default: a new guest, whose id the answer contains',
      schema: schemas.body(userId),
    },
    'Idempotency-Key': idempotencyKey,
    NeededIdempotencyKey: { ...idempotencyKey, required: true },
    'Queue-Pass': {
      name: 'Queue-Pass',
      in: 'header',
      description:
        'The `pass` from the queue of the event. Needed while the event has a waiting room, ignored otherwise',
      schema: { type: 'string' },
    },
    'If-None-Match': {
      name: 'If-None-Match',
      in: 'header',
      description: '`ETag` of the answer that you have; while it is unchanged, you get 304 without a body',
      schema: { type: 'string' },
    },
  }
}

export type ParameterName = 'user_id' | 'Idempotency-Key' | 'NeededIdempotencyKey' | 'Queue-Pass' | 'If-None-Match'

/** A reference to one of the shared parameters. */
export function parameterReference(name: ParameterName): Schema {
  return { $ref: `#/components/parameters/${name}` }
}
