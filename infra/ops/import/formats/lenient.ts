import { z } from 'zod'

/*
 * Schemas for what others write: a member that is missing or of the wrong kind reads as null or empty, so that it costs
 * the event that member and nothing else.
 */

export const text = z.string().nullable().catch(null)
export const flag = z.boolean().catch(false)
/** A number, or a decimal in a string. */
export const amount = z.union([z.number(), z.string()]).nullable().catch(null)

/** An object; anything else reads as one without members. */
export function part<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess((value) => (isRecord(value) ? value : {}), z.object(shape))
}

/** An array; anything else reads as an empty one. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (Array.isArray(value) ? value : []), z.array(item))
}

function isRecord(value: unknown): boolean {
  return value instanceof Object && !Array.isArray(value)
}
