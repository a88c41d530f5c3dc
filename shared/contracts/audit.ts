import { z } from 'zod'
import { defineContract } from './contract.ts'

/** What the auditor answers. */

const invariantResult = z.object({
  /** `I1`, `I2`, … */
  invariant: z.string(),
  /** What must be true. */
  says: z.string(),
  violations: z.int().min(0),
  /** Up to ten of them, for the operator: ids, never names. */
  examples: z.array(z.string()),
})

export const viewInvariants = defineContract({
  worker: 'audit',
  operation: 'view-invariants',
  summary: 'Organiser: the last result of every invariant that the auditor checks',
  request: z.strictObject({}),
  reply: z.object({
    /** null: the first audit is still under way. */
    checked_at: z.string().nullable(),
    duration_ms: z.int().nullable(),
    violations: z.int(),
    dead_letters: z.int(),
    items: z.array(invariantResult),
  }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})
