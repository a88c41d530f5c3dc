import test from 'ava'
import { z } from 'zod'
import { allContracts } from '../support/contracts-in-source.ts'

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
function isDescribed({ description, $ref }: Schema): boolean {
  return typeof description === 'string' || $ref !== undefined
}

test('every field of every contract has a description', async (t) => {
  const contracts = await allContracts()
  t.true(contracts.size > 20)
  for (const { operation, request, reply } of contracts.values()) {
    for (const [io, schema] of [
      ['input', request],
      ['output', reply],
    ] as const) {
      const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
      t.deepEqual(undescribed(json, operation), [], operation)
      for (const [id, named] of Object.entries(json.$defs ?? {})) t.truthy(named.description, id)
    }
  }
  t.deepEqual(undescribed(z.toJSONSchema(z.object({ a: z.int() })), 'control'), ['control/a'], 'positive control')
})
