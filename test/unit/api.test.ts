import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import test from 'ava'
import { z } from 'zod'
import { checkRequest } from '#shared/check-request.ts'
import { type FieldError, TicketingError } from '#shared/errors.ts'
import { problemKinds } from '../../gateway/http/problems.ts'
import { openApiDocument } from '../../gateway/openapi/document.ts'
import { explanations } from '../../gateway/openapi/explanations.ts'
import { allContracts } from '../support/contracts-in-source.ts'
import { checkAnswer } from '../support/described-api.ts'

/* The HTTP client of the tests refuses what the OpenAPI document does not declare; here it sees it once. */

const sent = { method: 'GET', url: 'http://gateway/availability?ids=1' }
const type = { 'content-type': 'application/json; charset=utf-8' }
const headers = new Headers({ ...type, 'x-request-id': '1', 'cache-control': 'no-store' })
const item = { id: '019a0000-0000-7000-8000-000000000001', availability: 'few' }
const answer = (body: object, more: { status?: number; headers?: Headers } = {}) =>
  checkAnswer(sent, { status: 200, headers, ...more, text: JSON.stringify(body) })

test('a test fails when an answer has a status, header, member or value that the API does not declare', async (t) => {
  await t.notThrowsAsync(answer({ items: [item] }))
  await t.throwsAsync(answer({ items: [{ ...item, left: 3 }] }), { message: /left/ })
  await t.throwsAsync(answer({ items: [{ ...item, availability: 'some' }] }), { message: /allowed/ })
  await t.throwsAsync(answer({ items: [{ id: item.id }] }), { message: /availability/ })
  await t.throwsAsync(answer({}), { message: /items/ })
  await t.throwsAsync(answer({ items: [] }, { status: 418 }), { message: /no status 418/ })
  await t.throwsAsync(answer({ items: [] }, { headers: new Headers(type) }), { message: /X-Request-Id is missing/ })
  const located = new Headers([...headers, ['location', '/events']])
  await t.throwsAsync(answer({ items: [] }, { headers: located }), { message: /Location is not declared/ })
  const asText = new Headers({ ...Object.fromEntries(headers), 'content-type': 'text/plain' })
  await t.throwsAsync(answer({ items: [] }, { headers: asText }), { message: /no body of type text\/plain/ })
  await t.throwsAsync(checkAnswer({ method: 'GET', url: 'http://gateway/nowhere' }, { status: 200, headers, text: '' }))
})

/*
 * What a field is for is said once, in its contract, and the OpenAPI document shows it.
 */

type Schema = Record<string, unknown>

/** The members of all objects in a schema that have no description, as `operation/member/member`. */
function undescribed(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if (Array.isArray(schema)) return schema.flatMap((item) => undescribed(item, at))
  return Object.entries(schema).flatMap(([name, value]) => {
    if (name !== 'properties') return undescribed(value, at)
    return Object.entries(value as Record<string, Schema>).flatMap(([member, field]) => [
      ...(isDescribed(field) ? [] : [`${at}/${member}`]),
      ...undescribed(field, `${at}/${member}`),
    ])
  })
}

/** By itself, or by the name of its schema, which has a description. */
const isDescribed = ({ description, $ref }: Schema): boolean => typeof description === 'string' || $ref !== undefined

test('every field of every contract has a description', async (t) => {
  const contracts = await allContracts()
  t.true(contracts.size > 20)
  const missing: string[] = []
  for (const { operation, request, reply } of contracts.values()) {
    for (const [io, schema] of [
      ['input', request],
      ['output', reply],
    ] as const) {
      const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
      missing.push(...undescribed(json, operation))
      for (const [id, named] of Object.entries(json.$defs ?? {})) t.truthy(named.description, id)
    }
  }
  t.deepEqual(missing, [])
  t.deepEqual(undescribed(z.toJSONSchema(z.object({ a: z.int() })), 'control'), ['control/a'], 'positive control')
})

import packageJson from '../../package.json' with { type: 'json' }

const modes = ['demo', 'jwt'] as const

// biome-ignore lint/suspicious/noExplicitAny: looks into a document of many shapes, and fails where one is not as expected
const documentOf = (mode: (typeof modes)[number]): any => openApiDocument(mode)

test('the linter of Redocly finds nothing in the OpenAPI document, in either mode', async (t) => {
  const config = await createConfig({ extends: ['recommended'] })
  for (const mode of modes) {
    const source = JSON.stringify(documentOf(mode))
    const found = await lintFromString({ source, absoluteRef: 'openapi.json', config })
    t.is(found.map(({ ruleId, message }) => `${ruleId}: ${message}`).join(), '')
  }
})

/** All objects within a value, with their path. */
function* objectsIn(value: unknown, path = ''): Generator<[path: string, object: Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>]
  for (const [name, member] of Object.entries(value)) yield* objectsIn(member, `${path}/${name}`)
}

test('every parameter, header, named schema and member of a body is described', (t) => {
  for (const mode of modes) {
    const without: string[] = []
    for (const [path, object] of objectsIn(documentOf(mode))) {
      const isNamed = /(^\/components\/\w+\/[\w-]+|\/parameters\/\d+)$/.test(path)
      const isMember = /\/properties\/\w+$/.test(path) && !/\/allOf\//.test(path)
      if ((isNamed || isMember) && object.description === undefined && object.$ref === undefined) without.push(path)
    }
    t.deepEqual(without, [], mode)
  }
})

test('the document is of the mode: demo mode takes a user_id, the other needs a token and a key', (t) => {
  const names = (operation: { parameters: { $ref?: string }[] }) => operation.parameters.map(({ $ref }) => $ref)
  const [demo, jwt] = modes.map(documentOf)
  const userId = '#/components/parameters/user_id'
  for (const [path, method] of [
    ['/bookings', 'get'],
    ['/purchase', 'post'],
  ] as const) {
    t.true(names(demo.paths[path][method]).includes(userId), path)
    t.false(names(jwt.paths[path][method]).includes(userId), path)
    t.deepEqual(demo.paths[path][method].security, [{}, { bearer: [] }, { session: [] }])
    t.deepEqual(jwt.paths[path][method].security, [{ bearer: [] }, { session: [] }])
  }
  const needed = '#/components/parameters/NeededIdempotencyKey'
  t.true(names(jwt.paths['/purchase'].post).includes(needed))
  t.true(jwt.components.parameters.NeededIdempotencyKey.required)
  t.false(names(demo.paths['/purchase'].post).includes(needed))
  t.true(jwt.paths['/purchase'].post.requestBody.required)
  t.false(demo.paths['/purchase'].post.requestBody.required)
  t.truthy(demo.paths['/session'])
  t.is(jwt.paths['/session'], undefined)
  t.is(demo.info.version, packageJson.version)
})

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
  [{ colour: 1 }, '/colour', `colour is unknown; the known names are ${known}.`],
  [{ 'a/b~c': 1 }, '/a~1b~0c', `a/b~c is unknown; the known names are ${known}.`],
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
