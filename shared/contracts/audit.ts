import { z } from 'zod'
import { defineContract } from './contract.ts'

export const viewInvariants = defineContract('audit', 'view-invariants', {
  summary: 'Organiser: the last result of every invariant that the auditor checks',
  request: z.strictObject({}),
  reply: z.object({
    /** null during the first audit. */
    checked_at: z.string().nullable(),
    duration_ms: z.int().nullable(),
    violations: z.int(),
    dead_letters: z.int(),
    items: z.array(
      z.object({
        /** `I1`, `I2`, … */
        invariant: z.string(),
        /** The invariant in words. */
        says: z.string(),
        violations: z.int().min(0),
        /** Up to ten violations, for the operator: ids, never names. */
        examples: z.array(z.string()),
      }),
    ),
  }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})
