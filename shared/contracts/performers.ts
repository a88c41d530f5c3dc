import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventPage, performer } from './event.ts'
import { cursor, pageLimit } from './fields.ts'

export const viewPerformer = defineContract('event', 'view-performer', {
  summary: 'A performer and their upcoming events by date',
  request: z.strictObject({
    performer_id: performer.shape.id.toLowerCase(),
    limit: pageLimit,
    cursor: cursor.optional(),
  }),
  reply: eventPage
    .extend({ performer })
    .meta({ id: 'PerformerPage', description: 'A performer with one page of their upcoming events' }),
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})
