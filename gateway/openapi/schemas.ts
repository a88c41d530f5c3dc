import { z } from 'zod'

/** A JSON schema of the dialect 2020-12, which OpenAPI 3.1 uses. */
export type Schema = Record<string, unknown>

const inComponents = '#/components/schemas/'

/** Collects the named schemas of a document while its operations are described. */
export class Schemas {
  readonly #named = new Map<string, Schema>()

  /** All named schemas seen so far. */
  get named(): Record<string, Schema> {
    return Object.fromEntries([...this.#named].sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  /** A request or response body. Throws if two schemas have the same name. */
  body(schema: z.ZodType): Schema {
    return this.#member(schema, 'input')
  }

  /** The parameters of a query or path by name, as the gateway reads them. */
  parameters(schema: z.ZodType): Record<string, Schema> {
    const parameters = Object.entries(propertiesOf(this.#member(schema, 'output')))
    return Object.fromEntries(parameters.map(([name, parameter]) => [name, withoutEqualForms(parameter)]))
  }

  #member(schema: z.ZodType, io: 'input' | 'output'): Schema {
    // Wrapped in an object, because a name at the top would be lost.
    const { properties, $defs } = z.toJSONSchema(z.object({ schema }), { io, unrepresentable: 'any', override: tidy })
    // Parameters have no named schemas: objects occur only in bodies.
    if (io === 'input') {
      for (const [name, named] of Object.entries($defs ?? {})) this.#add(name, withReferences(named as Schema))
    }
    return withReferences(properties?.schema as Schema)
  }

  #add(name: string, schema: Schema): void {
    const known = this.#named.get(name)
    if (known === undefined) this.#named.set(name, schema)
    else if (JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`two schemas are called ${name}`)
  }
}

/** Removes what says nothing: the bounds of every integer, and the pattern of a field that has a format. */
function tidy({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  delete jsonSchema.id
}

/** A list may be sent as a list or as comma-separated text; the gateway reads both as the same list. Documents the list only. */
function withoutEqualForms({ anyOf, ...rest }: Schema): Schema {
  if (!Array.isArray(anyOf)) return rest
  const [form, ...others] = anyOf as Schema[]
  const areEqual = others.every((other) => JSON.stringify(other) === JSON.stringify(form))
  return areEqual ? { ...form, ...rest } : { anyOf, ...rest }
}

function withReferences(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${inComponents}`)) as Schema
}

/** A reference to a named schema. */
export function reference(name: string): Schema {
  return { $ref: `${inComponents}${name}` }
}

/** The properties of an object schema by name; empty for any other schema. */
function propertiesOf(schema: Schema): Record<string, Schema> {
  return (schema.properties as Record<string, Schema> | undefined) ?? {}
}

/** An object without the members of the path, and with members that the contract does not have. */
export function withMembers(
  schema: Schema,
  { without, add }: { without: readonly string[]; add: Record<string, Schema> },
): Schema {
  if (Array.isArray(schema.anyOf)) {
    return { ...schema, anyOf: schema.anyOf.map((form: Schema) => withMembers(form, { without, add })) }
  }
  if (schema.type !== 'object' || (without.length === 0 && Object.keys(add).length === 0)) return schema
  const members = Object.entries(propertiesOf(schema)).filter(([name]) => !without.includes(name))
  const required = ((schema.required as string[] | undefined) ?? []).filter((name) => !without.includes(name))
  const { required: _all, examples, ...rest } = schema
  const isKept = ([name]: [string, unknown]): boolean => !without.includes(name)
  const shown = (examples as Schema[] | undefined)?.map((each) =>
    Object.fromEntries(Object.entries(each).filter(isKept)),
  )
  return {
    ...rest,
    ...(shown === undefined ? {} : { examples: shown }),
    properties: { ...Object.fromEntries(members), ...add },
    ...(required.length === 0 ? {} : { required }),
  }
}
