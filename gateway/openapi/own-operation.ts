import type { Schema } from './schemas.ts'

/** An operation that the gateway answers itself. */
export interface DescribedOperation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly operation: Schema
}
