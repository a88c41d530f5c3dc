import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { z } from 'zod'
import { checkRequest } from '#shared/check-request.ts'
import { type FieldError, TicketingError } from '#shared/errors.ts'
import { problemKinds } from '../../gateway/http/problems.ts'
import { explanations } from '../../gateway/openapi/explanations.ts'
import { allContracts } from '../support/contracts-in-source.ts'

/* What callers hear of a wrong request: each wrong field once, in a sentence that names it and says what is allowed. */

function refusalOf(schema: z.ZodType, value: unknown): { message: string; errors: FieldError[] } {
  try {
    checkRequest(schema, value)
  } catch (error) {
    if (error instanceof TicketingError) return { message: error.message, errors: error.extra.errors as FieldError[] }
    throw error
  }
  return { message: '', errors: [] }
}

const shape = z.strictObject({
  limit: z.int().min(1).max(100).optional(),
  name: z.string().min(2).max(3).optional(),
  day: z.iso.date().optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  id: z.uuid().optional(),
  kind: z.enum(['one', 'other']).optional(),
  flag: z.boolean().optional(),
  items: z
    .array(z.strictObject({ qty: z.number() }))
    .min(1)
    .max(2)
    .optional(),
  by: z.record(z.string(), z.int()).optional(),
  code: z.string().regex(/^x$/).optional(),
  exact: z.string().length(4).optional(),
  extend: z.literal(true).optional(),
  either: z.union([z.strictObject({ a: z.int() }), z.strictObject({ b: z.int(), c: z.int() })]).optional(),
})

const known = Object.keys(shape.shape).join(', ')

const faults: [request: Record<string, unknown>, pointer: string, detail: string][] = [
  [{ limit: 'x' }, '/limit', 'limit must be a number.'],
  [{ limit: 1.5 }, '/limit', 'limit must be a whole number.'],
  [{ limit: 0 }, '/limit', 'limit must be at least 1.'],
  [{ limit: 101 }, '/limit', 'limit must be at most 100.'],
  [{ name: 1 }, '/name', 'name must be a string.'],
  [{ name: '' }, '/name', 'name must have at least 2 characters.'],
  [{ name: 'long' }, '/name', 'name must have at most 3 characters.'],
  [{ exact: 'abc' }, '/exact', 'exact must have exactly 4 characters.'],
  [{ day: 'tomorrow' }, '/day', 'day must be a date such as 2027-03-05.'],
  [{ at: '2027-03-05' }, '/at', 'at must be a time with its offset, such as 2027-01-15T10:00:00+01:00.'],
  [{ id: '1' }, '/id', 'id must be a UUID such as 019a0000-0000-7000-8000-000000000002.'],
  [{ kind: 'third' }, '/kind', 'kind must be one of one, other.'],
  [{ flag: 'yes' }, '/flag', 'flag must be true or false.'],
  [{ extend: false }, '/extend', 'extend must be true.'],
  [{ items: [] }, '/items', 'items must not be empty.'],
  [{ items: [{ qty: 1 }, { qty: 1 }, { qty: 1 }] }, '/items', 'items must have at most 2 items.'],
  [{ items: [{}] }, '/items/0/qty', 'items[0].qty is required.'],
  [{ items: 1 }, '/items', 'items must be a list.'],
  [{ by: [] }, '/by', 'by must be an object.'],
  [{ by: { a: 'x' } }, '/by/a', 'by.a must be a number.'],
  [{ code: 'y' }, '/code', 'code has the wrong form.'],
  [{ colour: 1 }, '/colour', `colour is not known here; known are ${known}.`],
  [{ 'a/b~c': 1 }, '/a~1b~0c', `a/b~c is not known here; known are ${known}.`],
  [{ either: { a: 'x' } }, '/either/a', 'either.a must be a number.'],
]

test('a wrong field is named in a sentence that says what is allowed', (t) => {
  for (const [request, pointer, detail] of faults) {
    t.deepEqual(refusalOf(shape, request), { message: detail, errors: [{ pointer, detail }] }, JSON.stringify(request))
  }
})

test('several wrong fields are named, each once', (t) => {
  const { message, errors } = refusalOf(shape, { limit: 0, name: '', day: 'x', flag: 1, kind: 2, code: 3 })
  t.is(message, '6 fields are not valid: limit, name, day, kind, flag, ….')
  t.is(errors.length, 6)
  const twice = z.object({
    word: z
      .string()
      .min(5)
      .regex(/^a/, 'must begin with a')
      .refine(() => false, 'is wrong'),
  })
  t.deepEqual(refusalOf(twice, { word: 'b' }).errors.length, 1)
})

const junk = [undefined, null, 'x', '', 0, -1, 1.5, 1e15, true, [], {}, [1], { a: 1 }, ['x'], '2026-02-30', '\ud800']

test('no request to any contract is refused in the words of the validator library', async (t) => {
  const itsWords =
    /invalid input|expected \w|received|too (small|big)|unrecognized|invalid (option|string|iso|uuid)|>=|<=/i
  let refused = 0
  for (const { operation, request } of (await allContracts()).values()) {
    const members = membersOf(request)
    const requests = [...junk, ...members.flatMap((name) => junk.map((value) => ({ [name]: value })))]
    for (const value of requests) {
      const { errors } = refusalOf(request, value)
      refused += errors.length
      t.is(new Set(errors.map(({ pointer }) => pointer)).size, errors.length, operation)
      for (const { detail } of errors) {
        t.notRegex(detail, itsWords, operation)
        t.regex(detail, /^\S.*\.$/s)
      }
    }
  }
  t.true(refused > 1_000)
})

/** Of all forms that a request may have. */
function membersOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => membersOf(option as z.ZodType))
  return []
}

test('whether a retry can help is said alike by `retryable` and by the explanation of each error', (t) => {
  for (const { code, retryable, title } of problemKinds()) {
    const invites =
      /again (later|in a moment)|send (it|the request|the purchase) again(?!\.)|then send the request again|repeat it|once the sale is open/i
    const asksForChange = /correct|other|another|choose|shorter|smaller/i
    const explanation = explanations[code]
    if (retryable) t.regex(explanation, invites, code)
    else if (invites.test(explanation)) t.regex(explanation, asksForChange, code)
    t.regex(explanation, /^.*\.$/s, code)
    t.notRegex(title, /[?]$/, code)
  }
})

const project = join(import.meta.dirname, '..', '..')

/** A refusal as source writes it: its code and its text. */
const written = /(?:TicketingError\(|code: )\s*'(\w+)',\s*(?:detail: )?(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`|"([^"]*)")/g

/** These invite to another request, which `retryable` does not speak of. */
const otherRequests: readonly string[] = ['hold_expired', 'sale_closed', 'not_found']

test('the detail of an error invites to try again if and only if it is retryable', (t) => {
  const kinds = new Map(problemKinds().map((kind) => [kind.code as string, kind]))
  const seen = new Set<string>()
  for (const file of globSync('{gateway,workers,shared}/**/*.ts', { cwd: project })) {
    for (const [, code = '', ...texts] of readFileSync(join(project, file), 'utf8').matchAll(written)) {
      const kind = kinds.get(code)
      if (kind === undefined || otherRequests.includes(code)) continue
      seen.add(code)
      const text = texts.join('')
      t.is(/again|wait as long|later|shortly|in a moment/i.test(text), kind.retryable, `${file}: ${code}: ${text}`)
    }
  }
  t.true(seen.size > 30)
})
