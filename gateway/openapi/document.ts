import type { ErrorCode } from '#shared/errors.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { Mode } from '../identity/identify.ts'
import { allRoutes } from '../routes/all-routes.ts'
import { isPaged } from '../routes/next-page.ts'
import { methodsWithBody, type Route, type SuccessStatus, successesOf } from '../routes/route.ts'
import { headerComponents, successHeaders } from './headers.ts'
import { ownOperations } from './own-operations.ts'
import { parameterComponents, parameterReference } from './parameters.ts'
import { problemSchema } from './problem-schema.ts'
import { bodyErrors, generalErrors, problemResponses } from './problems.ts'
import { type Schema, Schemas, withMembers } from './schemas.ts'

const successDescriptions: Record<SuccessStatus, string> = {
  200: 'Done',
  201: 'Created',
  202: 'In progress: poll the Location',
  204: 'Done',
}

/** The OpenAPI 3.1 document of a gateway in this mode, generated from the declarations of routes and contracts. */
export function openApiDocument(mode: Mode): Schema {
  const schemas = new Schemas()
  schemas.body(problemSchema)
  const paths: Record<string, Schema> = {}
  const operations = [
    ...allRoutes.map((route) => ({ ...route, operation: describeRoute(route, mode, schemas) })),
    ...ownOperations(mode, schemas),
  ]
  for (const { method, path, operation } of operations) {
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: operation }
  }
  const parametersUsed = usedIn(paths, 'parameters', parameterComponents(schemas))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ticketing',
      version: packageJson.version,
      description: introduction(mode),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The gateway that serves this document' }],
    tags,
    security: [],
    paths,
    components: {
      schemas: schemas.named,
      parameters: parametersUsed,
      headers: usedIn(paths, 'headers', headerComponents),
      securitySchemes,
    },
  }
}

/** The components of a kind to which these paths refer. */
function usedIn(paths: Schema, kind: string, components: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const text = JSON.stringify(paths)
  return Object.fromEntries(
    Object.entries(components).filter(([name]) => text.includes(`"#/components/${kind}/${name}"`)),
  )
}

const tags = [
  { name: 'catalogue', description: 'Public reads: one answer for everybody, cached for a short time' },
  { name: 'buying', description: "Holds, purchases and the caller's own bookings. Never cached" },
  { name: 'organising', description: 'For organisers, who send their key' },
  { name: 'door', description: 'For the gates of an event, which send the key of the door' },
  { name: 'session', description: 'Tokens of the demo' },
  { name: 'webhooks', description: 'What payment providers report' },
  { name: 'operating', description: 'For operators, probes and readers of this document' },
]

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of the identity provider, or in demo mode one of `POST /session`',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'ticketing_session',
    description: 'The same token as a cookie; `POST /session` sets it in demo mode',
  },
  organiserKey: { type: 'http', scheme: 'bearer', description: 'The key of an organiser: `org_` and more' },
  desk: {
    type: 'apiKey',
    in: 'cookie',
    name: 'ticketing_desk',
    description:
      'An organiser who is signed in at the desk; `POST /admin/session` sets it. Changes need `Content-Type: application/json`, even without a body',
  },
  doorKey: { type: 'http', scheme: 'bearer', description: 'The key of the door: `door_` and more' },
  door: {
    type: 'apiKey',
    in: 'cookie',
    name: 'ticketing_door',
    description:
      'A gate that is signed in; `POST /check-in/session` sets it. Scans need `Content-Type: application/json`',
  },
}

function introduction(mode: Mode): string {
  const callers = {
    demo: 'This gateway runs with `AUTH=demo`: it trusts any `user_id`, and a caller without one is a new guest.',
    jwt: 'This gateway runs with `AUTH=jwt`: everything except public reads requires a verified token; holds, purchases and cancellations require an `Idempotency-Key`.',
  }
  return [
    'Search events, hold seats, pay. Amounts are in minor units, with their currency. Times are UTC, with the time zone of the event.',
    callers[mode],
    'Every answer has an `X-Request-Id`. Errors are `application/problem+json`; each `code` has a page at `/problems/{code}`.',
    'Lists are paged by `limit` and `cursor`. Undeclared parameters and members are refused. Future answers may have more members.',
  ].join('\n\n')
}

function describeRoute(route: Route, mode: Mode, schemas: Schemas): Schema {
  const { contract, access } = route
  const takesBody = methodsWithBody.includes(route.method)
  const tag = { public: 'catalogue', caller: 'buying', organiser: 'organising', door: 'door' }[access]
  return {
    operationId: route.operationId ?? contract.operation,
    summary: contract.summary,
    tags: [tag],
    security: securityOf(route, mode),
    parameters: [
      ...ownParameters(route, schemas),
      ...(access === 'caller' && mode === 'demo' ? [parameterReference('user_id')] : []),
      ...(route.method === 'GET' ? [] : [parameterReference(keyParameter(route, mode))]),
      ...(route.takesPlacesOf === undefined ? [] : [parameterReference('Queue-Pass')]),
      ...(route.cache === undefined ? [] : [parameterReference('If-None-Match')]),
    ],
    ...(takesBody ? { requestBody: requestBody(route, mode, schemas) } : {}),
    responses: { ...successes(route, schemas), ...problemResponses(errorsOf(route), true) },
  }
}

function ownParameters(route: Route, schemas: Schemas): Schema[] {
  const inPath = namesInPath(route)
  const required = (schemas.body(route.contract.request).required as string[] | undefined) ?? []
  const names = Object.entries(schemas.parameters(route.contract.request))
  return names.flatMap(([name, { description, examples, ...schema }]) => {
    if (!inPath.includes(name) && route.method !== 'GET') return []
    const example = Array.isArray(examples) ? { example: examples[0] } : {}
    const described = { name, description, schema, ...example }
    if (inPath.includes(name)) return [{ ...described, in: 'path', required: true }]
    // Lists are separated by commas.
    const style = schema.type === 'array' ? { style: 'form', explode: false } : {}
    return [{ ...described, in: 'query', required: required.includes(name), ...style }]
  })
}

/** Alternatives: one is enough. `{}`: none is required. */
function securityOf({ access }: Route, mode: Mode): Schema[] {
  if (access === 'organiser') return [{ organiserKey: [] }, { desk: [] }]
  if (access === 'door') return [{ doorKey: [] }, { door: [] }, { organiserKey: [] }]
  if (access === 'public') return [{}]
  return [...(mode === 'demo' ? [{}] : []), { bearer: [] }, { session: [] }]
}

function keyParameter({ needsIdempotencyKey }: Route, mode: Mode): 'Idempotency-Key' | 'NeededIdempotencyKey' {
  return needsIdempotencyKey && mode === 'jwt' ? 'NeededIdempotencyKey' : 'Idempotency-Key'
}

function requestBody(route: Route, mode: Mode, schemas: Schemas): Schema {
  const { access, demoBody } = route
  const isDemo = mode === 'demo'
  const userId = { type: 'string', description: 'The caller, unless the query or a token names them' }
  const schema = withMembers(schemas.body(route.contract.request), {
    without: namesInPath(route),
    add: isDemo && access === 'caller' ? { user_id: userId } : {},
  })
  const mayBeBare = isDemo && demoBody !== undefined
  return {
    ...(mayBeBare ? { description: `Without a body: \`${JSON.stringify(demoBody)}\`` } : {}),
    required: !mayBeBare && !takesEmptyBody(route, schemas),
    content: { 'application/json': { schema } },
  }
}

/** Whether an operation needs nothing but its path parameters. */
function takesEmptyBody(route: Route, schemas: Schemas): boolean {
  const parameters = schemas.parameters(route.contract.request)
  const examples = namesInPath(route).map((name) => {
    const { examples, enum: values } = parameters[name] ?? {}
    return [name, ((examples ?? values) as unknown[] | undefined)?.[0]]
  })
  return route.contract.request.safeParse(Object.fromEntries(examples)).success
}

function namesInPath({ path }: Route): string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
}

function successes(route: Route, schemas: Schemas): Record<string, Schema> {
  const reply = schemas.body(route.contract.reply)
  const headers = successHeaders(route, isPaged(route))
  const described = successesOf(route).map((status) => {
    const isUnanswered = status === 202 && route.unanswered !== undefined
    const schema = isUnanswered ? { anyOf: [reply, schemas.body(route.unanswered.contract.reply)] } : reply
    const content = { 'application/json': { schema } }
    return [status, { description: successDescriptions[status], headers, ...(status === 204 ? {} : { content }) }]
  })
  return {
    ...Object.fromEntries(described),
    ...(route.cache === undefined ? {} : { 304: { description: 'Unchanged', headers } }),
  }
}

function errorsOf({ method, access, needsIdempotencyKey, contract }: Route): ErrorCode[] {
  return [
    ...generalErrors,
    ...(methodsWithBody.includes(method) ? bodyErrors : []),
    ...(access === 'public' ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...(needsIdempotencyKey ? (['idempotency_key_required'] as const) : []),
    ...contract.errors,
  ]
}
