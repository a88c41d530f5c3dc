import { z } from 'zod'
import { type FieldError, invalidRequest } from './errors.ts'

/** Bounds the answer to a request with thousands of wrong members. */
const maxErrors = 100

/** Parses a value from outside with a schema. Throws `validation_failed`, which names every wrong field once. */
export function checkRequest<Request extends z.ZodType>(schema: Request, value: unknown): z.output<Request> {
  const parsed = schema.safeParse(value, { error: sayWhatIsAllowed })
  if (parsed.success) return parsed.data
  const errors = new Map<string, FieldError>()
  for (const issue of parsed.error.issues) {
    for (const error of errorsOf(issue)) if (!errors.has(error.pointer)) errors.set(error.pointer, error)
  }
  throw invalidRequest([...errors.values()].slice(0, maxErrors))
}

function errorsOf(issue: z.core.$ZodIssue, within: readonly PropertyKey[] = []): FieldError[] {
  const path = [...within, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), detail: issue.message }))
  }
  if (issue.code === 'invalid_union' && issue.message === sayOfForms && issue.errors.length > 0) {
    // The form with the fewest issues is probably the intended one.
    const nearest = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? []
    return nearest.flatMap((inner) => errorsOf(inner, path))
  }
  return [{ pointer: pointerOf(path), detail: issue.message }]
}

/** RFC 6901. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A union without its own message is explained by its forms. */
const sayOfForms = ''

/** The message of a schema without its own: the end of a sentence that begins with the name of the field. */
function sayWhatIsAllowed(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${kindOf(issue.expected)}`
    case 'too_small':
      return bound('at least', issue.origin, Number(issue.minimum), issue.exact === true)
    case 'too_big':
      return bound('at most', issue.origin, Number(issue.maximum), issue.exact === true)
    case 'invalid_format':
      return formats[issue.format] ?? 'has the wrong form'
    case 'invalid_value': {
      const values = issue.values.map(String)
      return values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`
    }
    case 'unrecognized_keys': {
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []
      return known.length === 0 ? 'is unknown' : `is unknown; the known names are ${known.join(', ')}`
    }
    case 'invalid_union':
      return sayOfForms
    default:
      return 'is not valid'
  }
}

const formats: Readonly<Record<string, string>> = {
  date: 'must be a date such as 2027-03-05',
  datetime: 'must be a time with its offset, such as 2027-01-15T10:00:00+01:00',
  time: 'must be a time such as 20:00:00',
  uuid: 'must be a UUID such as 019a0000-0000-7000-8000-000000000002',
}

function kindOf(expected: string): string {
  switch (expected) {
    case 'int':
      return 'a whole number'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'record':
    case 'object':
      return 'an object'
    default:
      return `a ${expected}`
  }
}

function bound(relation: 'at least' | 'at most', origin: string, limit: number, isExact: boolean): string {
  const unit = origin === 'string' ? 'character' : origin === 'array' ? 'item' : undefined
  if (unit === undefined) return `must be ${relation} ${limit}`
  if (limit === 1 && relation === 'at least') return 'must not be empty'
  return `must have ${isExact ? 'exactly' : relation} ${limit} ${unit}${limit === 1 ? '' : 's'}`
}
