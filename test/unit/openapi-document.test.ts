import { createConfig, lintFromString } from '@redocly/openapi-core'
import test from 'ava'
import { openApiDocument } from '../../gateway/openapi/document.ts'
import packageJson from '../../package.json' with { type: 'json' }

const modes = ['demo', 'jwt'] as const

// biome-ignore lint/suspicious/noExplicitAny: looks into a document of many shapes, and fails where one is not as expected
const documentOf = (mode: (typeof modes)[number]): any => openApiDocument(mode)

test('the linter of Redocly finds nothing in the OpenAPI document, in either mode', async (t) => {
  const config = await createConfig({ extends: ['recommended'] })
  for (const mode of modes) {
    const source = JSON.stringify(documentOf(mode))
    const found = await lintFromString({ source, absoluteRef: 'openapi.json', config })
    t.deepEqual(
      found.map(({ ruleId, message }) => `${ruleId}: ${message}`),
      [],
    )
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
