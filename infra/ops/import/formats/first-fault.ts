import type { z } from 'zod'

/** The first complaint of a schema, with its place: `zones.0.rows.3.seats: expected array`. */
export function firstFault({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.')}: ${issue?.message}`
}
