import { z } from 'zod'
import type { ErrorCode } from '#shared/errors.ts'
import { problemKinds, statusOf } from '../http/problems.ts'
import { methodsWithBody } from '../koa/read-body.ts'
import { allRoutes } from '../routes/all-routes.ts'
import { type Route, type SuccessStatus, successesOf } from '../routes/route.ts'
import { openSession } from './session.ts'

type Schema = Record<string, unknown>

/** Errors of every route, beside those of its contract. */
const generalErrors: ErrorCode[] = ['validation_failed', 'rate_limited', 'no_worker', 'worker_timeout']

/** Further errors of routes with a body. */
const bodyErrors: ErrorCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type', 'card_number_refused']

const successDescriptions: Record<SuccessStatus, string> = {
  200: 'Done',
  201: 'Created',
  202: 'In progress: poll the Location',
  204: 'Done',
}

/** The OpenAPI 3.1 document, generated from the declarations of routes and contracts. */
export function openApiDocument(): Schema {
  const paths: Record<string, Schema> = {}
  for (const route of allRoutes) addOperation(paths, route.path, route.method, describeRoute(route))
  addOperation(paths, openSession.path, openSession.method, {
    operationId: 'open-session',
    summary: openSession.summary,
    description: openSession.description,
    requestBody: jsonBody(jsonSchema(openSession.request, 'input')),
    responses: { 200: { description: 'Done', content: json(jsonSchema(openSession.reply, 'output')) } },
  })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ticketing',
      version: '1.0.0',
      description:
        'Search events, hold seats, pay. Money is in minor units; times are UTC beside the zone of the event.',
    },
    paths,
    components: {
      schemas: { Problem: problemSchema() },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function addOperation(paths: Record<string, Schema>, path: string, method: string, operation: Schema): void {
  const template = path.replaceAll(/:(\w+)/g, '{$1}')
  paths[template] = { ...paths[template], [method.toLowerCase()]: operation }
}

function describeRoute(route: Route): Schema {
  const { contract } = route
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
  const request = jsonSchema(contract.request, 'input')
  const queryNames = route.method === 'GET' ? Object.keys(propertiesOf(request)) : []
  const required = (request.required as string[] | undefined) ?? []
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: propertiesOf(request)[name] ?? {} })),
    ...queryNames
      .filter((name) => !inPath.includes(name))
      .map((name) => ({ name, in: 'query', required: required.includes(name), schema: propertiesOf(request)[name] })),
    ...(route.access === 'caller' ? [{ name: 'user_id', in: 'query', schema: { type: 'string' } }] : []),
    ...(route.method !== 'GET' ? [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } }] : []),
  ]
  return {
    operationId: contract.operation,
    summary: contract.summary,
    tags: [contract.worker],
    security: route.access === 'organiser' ? [{ bearer: [] }] : [{}, { bearer: [] }],
    parameters,
    ...(methodsWithBody.includes(route.method) ? { requestBody: jsonBody(withoutProperties(request, inPath)) } : {}),
    responses: { ...successes(route), ...failures(route) },
  }
}

function successes(route: Route): Schema {
  const reply = jsonSchema(route.contract.reply, 'output')
  const described = successesOf(route).map((status) => {
    const isUnanswered = status === 202 && route.unanswered !== undefined
    const schema = isUnanswered ? { anyOf: [reply, jsonSchema(route.unanswered.contract.reply, 'output')] } : reply
    return [status, { description: successDescriptions[status], ...(status === 204 ? {} : { content: json(schema) }) }]
  })
  return {
    ...Object.fromEntries(described),
    ...(route.cache === undefined ? {} : { 304: { description: 'Unchanged' } }),
  }
}

function failures(route: Route): Schema {
  const codesByStatus = new Map<number, ErrorCode[]>()
  const own: ErrorCode[] = [
    ...(methodsWithBody.includes(route.method) ? bodyErrors : []),
    ...(route.access === 'public' ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...(route.needsIdempotencyKey ? (['idempotency_key_required'] as const) : []),
  ]
  for (const code of [...generalErrors, ...own, ...route.contract.errors]) {
    codesByStatus.set(statusOf(code), [...(codesByStatus.get(statusOf(code)) ?? []), code])
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    [...codesByStatus].map(([status, codes]) => [status, { description: codes.join(', '), content }]),
  )
}

function problemSchema(): Schema {
  const codes = problemKinds().map(({ code }) => code)
  return jsonSchema(
    z.looseObject({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      code: z.enum(codes as [ErrorCode, ...ErrorCode[]]),
      retryable: z.boolean(),
      request_id: z.string(),
      trace_id: z.string().optional(),
      retry_after_ms: z.int().optional(),
      errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    }),
    'output',
  )
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function propertiesOf(schema: Schema): Record<string, unknown> {
  return (schema.properties as Record<string, unknown> | undefined) ?? {}
}

/** Without the path parameters: they are members of the contract's request, not of the body. */
function withoutProperties(schema: Schema, names: readonly string[]): Schema {
  if (names.length === 0) return schema
  const keep = ([name]: [string, unknown]): boolean => !names.includes(name)
  const required = (schema.required as string[] | undefined)?.filter((name) => !names.includes(name))
  return { ...schema, properties: Object.fromEntries(Object.entries(propertiesOf(schema)).filter(keep)), required }
}

function jsonBody(schema: Schema): Schema {
  return { content: json(schema) }
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } }
}
