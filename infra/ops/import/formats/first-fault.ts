import type { z } from 'zod'
import { ExplainedError } from '../../../explained-error.ts'

/** The first complaint of a schema, with its place: `zones.0.rows.3.seats: expected array`. */
export function firstFault({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.')}: ${issue?.message}`
}

/** Checks a parsed seating plan. Unlike a catalogue it is taken whole or not at all: throws naming the first fault. */
export function parsePlan<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new ExplainedError(firstFault(parsed.error))
}
