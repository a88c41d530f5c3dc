import type { z } from 'zod'
import type { ErrorCode } from '#shared/errors.ts'

/** The worker that answers an operation. `gateway`: the gateway itself, without a message. */
export type WorkerName = 'event' | 'booking' | 'purchase' | 'audit' | 'gateway'

/**
 * The agreement of caller and worker. The subject is a constant of worker and operation. Text from users never becomes part of a subject,
 * because NATS reads a space in it as the start of the reply subject.
 */
export interface Contract<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly worker: WorkerName
  /** Verb and noun, the same in route, file, span and test: `hold-seats`. */
  readonly operation: string
  readonly subject: string
  readonly summary: string
  readonly request: Request
  readonly reply: Reply
  /** Expected failures, without those that every operation has (validation, time-out, no worker …). */
  readonly errors: readonly ErrorCode[]
  readonly deadlineMs: number
  /** The operation changes nothing, so it can be sent twice. */
  readonly readOnly?: true
  /** A worker reserves a quarter of its capacity for these: payments and refunds finish while new holds are refused. */
  readonly isReserved?: true
}

/** As a caller sends it: members with defaults are optional. */
export type RequestOf<C extends Contract> = z.input<C['request']>
/** As an operation receives it. */
export type ParsedRequestOf<C extends Contract> = z.output<C['request']>
export type ReplyOf<C extends Contract> = z.output<C['reply']>

/** Declares one operation; its subject is `ticketing.v1.<worker>.<operation>`. */
export function defineContract<Request extends z.ZodType, Reply extends z.ZodType>(
  worker: WorkerName,
  operation: string,
  rest: Omit<Contract<Request, Reply>, 'worker' | 'operation' | 'subject'>,
): Contract<Request, Reply> {
  return { ...rest, worker, operation, subject: `ticketing.v1.${worker}.${operation}` }
}
