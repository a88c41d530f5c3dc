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

/** Parameters that many operations take. */
export function parameterComponents(schemas: Schemas): Record<string, Schema> {
  return {
    user_id: {
      name: 'user_id',
      in: 'query',
      description: 'The caller, unless the body or a token names them. Default: a new guest, whom the answer names',
      schema: schemas.body(userId),
    },
    'Idempotency-Key': idempotencyKey,
    NeededIdempotencyKey: { ...idempotencyKey, required: true },
    'If-None-Match': {
      name: 'If-None-Match',
      in: 'header',
      description: '`ETag` of the answer that you have; if it is still the same, the answer is 304 without a body',
      schema: { type: 'string' },
    },
  }
}

export type ParameterName = 'user_id' | 'Idempotency-Key' | 'NeededIdempotencyKey' | 'If-None-Match'

export function parameterReference(name: ParameterName): Schema {
  return { $ref: `#/components/parameters/${name}` }
}
