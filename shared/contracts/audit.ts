import { z } from 'zod'
import { defineContract } from './contract.ts'
import { utcTime } from './fields.ts'

export const viewInvariants = defineContract('audit', 'view-invariants', {
  summary: 'Organiser: the last result of every invariant that the auditor checks',
  request: z.strictObject({}),
  reply: z.object({
    checked_at: utcTime.nullable().describe('When the last audit ended; null during the first one'),
    duration_ms: z.int().nullable().describe('How long the last audit took'),
    violations: z.int().describe('Violations of all invariants together'),
    dead_letters: z.int().describe('Domain events that no worker could apply'),
    items: z
      .array(
        z
          .object({
            invariant: z.string().describe('Name of the invariant, such as `I1`'),
            says: z.string().describe('The invariant in words'),
            violations: z.int().min(0).describe('How often it was violated'),
            checked: z.boolean().describe('False: it could not be checked completely; `says` has the reason'),
            examples: z.array(z.string()).describe('Up to ten violations, by ids, never by names'),
          })
          .meta({ id: 'Invariant', description: 'One invariant and how the last audit found it' }),
      )
      .describe('Every invariant'),
  }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})
