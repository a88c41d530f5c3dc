import { z } from 'zod'
import { viewLayout } from '#shared/contracts/event.ts'
import { eventId, wholeNumber } from '#shared/contracts/fields.ts'
import { layoutCache } from '../../routes/events.ts'
import { planPicture as drawPlan } from '../views/event/plan-picture.ts'
import { definePage } from './page.ts'

/** A seat map as a picture, shown before the script runs or without it. The picture of one version never changes. */
export const planPicture = definePage({
  path: '/shop/events/:event_id/plan.svg',
  access: 'public',
  parameters: z.object({ event_id: eventId, version: wholeNumber({ min: 1, max: 1_000_000_000 }).optional() }),
  cache: layoutCache,
  load: (request, { read }) => read(viewLayout, request),
  view: (layout) => ({ type: 'image/svg+xml', text: drawPlan(layout).text }),
})
