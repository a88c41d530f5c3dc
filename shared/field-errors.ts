import type { z } from 'zod'
import { type FieldError, TicketingError } from './errors.ts'

/** A request that is refused as `validation_failed`, because of its schema or of what a schema cannot see. */
export function invalidRequest(errors: readonly FieldError[], message = 'The request is not valid.'): TicketingError {
  return new TicketingError('validation_failed', message, { extra: { errors } })
}

/** Whoever sends thousands of members needs not be told of each. */
const maxErrors = 100

/** A schema's complaints as JSON pointers, the first hundred of them. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => issueErrors(issue)).slice(0, maxErrors)
}

function issueErrors(issue: z.core.$ZodIssue, within: readonly PropertyKey[] = []): FieldError[] {
  const path = [...within, ...issue.path]
  const pointer = path.map((step) => `/${String(step)}`).join('')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: `${pointer}/${key}`, detail: 'is not a known member' }))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Of several forms that a request may have, the complaints about the one that it is nearest to.
    const nearest = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? []
    return nearest.flatMap((inner) => issueErrors(inner, path))
  }
  return [{ pointer, detail: issue.message }]
}
