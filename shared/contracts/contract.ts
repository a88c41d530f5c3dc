import type { z } from 'zod'
import type { ErrorCode } from '#shared/errors.ts'

export type WorkerName = 'event' | 'booking' | 'purchase' | 'audit'

/**
 * What both sides of a message agree on. The subject is a constant made of worker and operation: text from users never
 * becomes part of a subject, because the NATS client would take a blank in it for the reply subject.
 */
export interface Contract<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly worker: WorkerName
  /** Verb and noun, the same words in route, file, span and test: `hold-seats`. */
  readonly operation: string
  readonly subject: string
  readonly summary: string
  readonly request: Request
  readonly reply: Reply
  /** Expected failures beside the general ones (validation, time-out, no worker …). */
  readonly errors: readonly ErrorCode[]
  /** Longest time a caller waits, in milliseconds. */
  readonly deadlineMs: number
  /** It changes nothing, so that it may be asked twice. */
  readonly readOnly?: true
}

/** What a caller may leave out (defaults are filled in by the worker). */
export type RequestOf<C extends Contract> = z.input<C['request']>
/** What an operation receives. */
export type ParsedRequestOf<C extends Contract> = z.output<C['request']>
export type ReplyOf<C extends Contract> = z.output<C['reply']>

/** Declares one operation; the subject becomes `ticketing.v1.<worker>.<operation>`. */
export function defineContract<Request extends z.ZodType, Reply extends z.ZodType>(
  declaration: Omit<Contract<Request, Reply>, 'subject'>,
): Contract<Request, Reply> {
  return { ...declaration, subject: `ticketing.v1.${declaration.worker}.${declaration.operation}` }
}
