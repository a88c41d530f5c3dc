import { z } from 'zod'
import { priceMinor } from './fields.ts'

/**
 * From which share of a tier that is sold on, in whole percent, a place of it costs what. Below the first step a place
 * costs its own price. Without steps it always does.
 */
export const priceSteps = z
  .array(z.strictObject({ sold_percent: z.int().min(1).max(99), price_minor: priceMinor }))
  .max(10)
  .refine(
    (steps) => steps.every((step, index) => index === 0 || step.sold_percent > (steps[index - 1]?.sold_percent ?? 0)),
    'must come by ascending sold_percent',
  )

export type PriceStep = z.infer<typeof priceSteps>[number]
