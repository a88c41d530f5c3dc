import { z } from 'zod'
import { defineContract } from '#shared/contracts/contract.ts'

/** An operation that reads, of no worker that there is. */
export const echo = defineContract('event', 'echo', {
  summary: 'Answers the text it gets, and the instance that answered',
  request: z.strictObject({ text: z.string() }),
  reply: z.object({ text: z.string(), instance: z.string() }),
  errors: [],
  deadlineMs: 30_000,
  readOnly: true,
})
