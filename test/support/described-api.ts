import type { ValidateFunction } from 'ajv'

export type Schema = Record<string, unknown>

export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface ParameterDescription {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

interface Content {
  readonly content?: Record<string, unknown>
}

interface Operation {
  readonly parameters?: readonly (ParameterDescription | { readonly $ref: string })[]
  readonly requestBody?: Content & { readonly required?: boolean }
  readonly security?: readonly Record<string, unknown>[]
  readonly responses: Record<string, Content & { readonly headers?: Record<string, unknown> }>
}

interface Found {
  readonly operation: Operation
  /** Where it stands in the document, as a JSON pointer. */
  readonly pointer: string
  readonly template: string
}

/** An OpenAPI document that requests and answers are held against. */
export class DescribedApi {
  readonly #document: Schema
  readonly #compile: (schema: Schema, of: 'json' | 'text') => ValidateFunction
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #templates: readonly { readonly template: string; readonly pattern: RegExp }[]

  private constructor(document: Schema, compile: (schema: Schema, of: 'json' | 'text') => ValidateFunction) {
    this.#document = document
    this.#compile = compile
    // Those without parameters first: `/events/search` is no event. As the router, paths in any case.
    this.#templates = Object.keys(document.paths as Schema)
      .toSorted((one, other) => one.split('{').length - other.split('{').length)
      .map((template) => ({ template, pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i') }))
  }

  static async of(described: Schema): Promise<DescribedApi> {
    const [{ Ajv2020 }, { default: addFormats }] = await Promise.all([
      import('ajv/dist/2020.js'),
      import('ajv-formats'),
    ])
    const document = closed(described) as Schema
    const make = (coerceTypes: boolean) => {
      const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false, coerceTypes })
      addFormats.default(ajv)
      return ajv.addSchema(document, 'api')
    }
    const ajvs = { json: make(false), text: make(true) }
    return new DescribedApi(document, (schema, of) => ajvs[of].compile(schema))
  }

  /** What is wrong with a request, as far as the document tells. */
  faultsOfRequest({ method, url, headers = {}, body }: Sent): string[] {
    const found = this.#find(method, url)
    if (found === undefined) return ['no such operation']
    const { operation, pointer } = found
    return [
      ...this.#parameterFaults(found, url, headers),
      ...securityFaults(operation, headers),
      ...this.#requestBodyFaults(`${pointer}/requestBody`, operation, headers, body),
    ]
  }

  /** Whether a request must have this header. */
  needsHeader(method: string, url: string, name: string): boolean {
    const parameters = this.#parametersOf(this.#find(method, url)?.operation)
    return parameters.some((parameter) => parameter.name === name && parameter.required === true)
  }

  /** What is wrong with an answer: its status, its headers, and every member of its body. */
  faultsOfAnswer({ method, url }: Sent, { status, headers, text }: Received): string[] {
    // A preflight of CORS is an operation of browsers.
    if (method === 'OPTIONS' && status === 204) return []
    const found = this.#find(method, url)
    // Such as `/session`, which one mode does not have.
    const isAbsent = status === 404 && text.includes('Nothing is at this path.')
    if (found === undefined || isAbsent) return this.#faultsWithoutOperation(status, headers, text)
    const response = found.operation.responses[String(status)]
    if (response === undefined) return [`no status ${status}`]
    const pointer = `${found.pointer}/responses/${status}`
    return [
      ...this.#headerFaults(response.headers ?? {}, headers),
      ...this.#contentFaults(pointer, response, headers.get('content-type') ?? '', method === 'HEAD' ? '' : text),
    ]
  }

  #find(method: string, url: string): Found | undefined {
    const { pathname } = new URL(url)
    const template = this.#templates.find(({ pattern }) => pattern.test(pathname))?.template
    if (template === undefined) return undefined
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
    const operation = (this.#document.paths as Record<string, Schema>)[template]?.[asked] as Operation | undefined
    return operation && { operation, template, pointer: `/paths/${escaped(template)}/${asked}` }
  }

  /** There is no such path, or it has no such method. */
  #faultsWithoutOperation(status: number, headers: Headers, text: string): string[] {
    if (status < 400) return ['no such operation']
    if (!/problem\+json/.test(headers.get('content-type') ?? '')) return ['no problem document']
    return text === '' ? [] : this.#faultsOf('/components/schemas/Problem', JSON.parse(text))
  }

  #parametersOf(operation: Operation | undefined): ParameterDescription[] {
    const { parameters } = this.#document.components as { parameters: Record<string, ParameterDescription> }
    return (operation?.parameters ?? []).flatMap((parameter) => {
      if (!('$ref' in parameter)) return [parameter]
      return parameters[parameter.$ref.split('/').at(-1) ?? ''] ?? []
    })
  }

  #parameterFaults({ operation, template }: Found, url: string, headers: Record<string, string>): string[] {
    const { pathname, searchParams } = new URL(url)
    const names = template.split('/')
    const inPath = new Map(pathname.split('/').map((value, at) => [names[at]?.replace(/^\{(.*)\}$/, '$1'), value]))
    const sent = new Headers(headers)
    const parameters = this.#parametersOf(operation)
    const undeclared = [...searchParams.keys()].filter(
      (name) => !parameters.some((parameter) => parameter.in === 'query' && parameter.name === name),
    )
    const faults = parameters.flatMap(({ name, in: place, required, schema }) => {
      const value =
        { path: inPath.get(name), query: searchParams.get(name), header: sent.get(name) }[place] ?? undefined
      if (value === undefined) return required ? [`${name} is missing`] : []
      const given = schema.type === 'array' ? value.split(',') : value
      const validate = this.#compile({ type: 'object', properties: { [name]: schema } }, 'text')
      return validate({ [name]: given }) ? [] : textsOf(validate)
    })
    return [...undeclared.map((name) => `${name} is not declared`), ...faults]
  }

  #requestBodyFaults(
    pointer: string,
    { requestBody }: Operation,
    headers: Record<string, string>,
    body: string | undefined,
  ): string[] {
    if (body === undefined) return requestBody?.required ? ['the body is missing'] : []
    if (requestBody === undefined) return ['there is no body']
    return this.#contentFaults(pointer, requestBody, new Headers(headers).get('content-type') ?? '', body)
  }

  #contentFaults(pointer: string, { content }: Content, contentType: string, text: string): string[] {
    if (text === '') return []
    const type = contentType.split(';')[0] ?? ''
    if (content?.[type] === undefined) return [`no body of type ${type}`]
    if (!type.includes('json')) return []
    return this.#faultsOf(`${pointer}/content/${escaped(type)}/schema`, JSON.parse(text))
  }

  #faultsOf(pointer: string, value: unknown): string[] {
    const validate = this.#validators.get(pointer) ?? this.#compile({ $ref: `api#${pointer}` }, 'json')
    this.#validators.set(pointer, validate)
    return validate(value) ? [] : textsOf(validate)
  }

  /** Headers that are missing, and those of our own that this answer does not declare. */
  #headerFaults(declared: Record<string, unknown>, headers: Headers): string[] {
    const components = (this.#document.components as { headers: Record<string, { required?: boolean }> }).headers
    return Object.entries(components).flatMap(([name, { required }]) => {
      if (name in declared) return required && !headers.has(name) ? [`header ${name} is missing`] : []
      return headers.has(name) ? [`header ${name} is not declared`] : []
    })
  }
}

/** The document, in which bodies may have no members that it does not name. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(closed)
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)])) as Schema
  return members.type === 'object' && members.properties !== undefined
    ? { additionalProperties: false, ...members }
    : members
}

/** One of them is enough; `{}` is fulfilled by every request. */
function securityFaults({ security = [] }: Operation, headers: Record<string, string>): string[] {
  const sent = new Headers(headers)
  const isKnown = sent.has('authorization') || sent.has('cookie')
  const isFulfilled = isKnown || security.length === 0 || security.some((needed) => Object.keys(needed).length === 0)
  return isFulfilled ? [] : ['credentials are missing']
}

const textsOf = ({ errors }: ValidateFunction): string[] =>
  (errors ?? []).map(({ instancePath, message, params }) => [instancePath, message, JSON.stringify(params)].join(' '))

/** A step of a JSON pointer in a URI. */
const escaped = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))

let described: Promise<DescribedApi> | undefined

/**
 * Every answer of a gateway that tests look at must be one that its OpenAPI document declares. Throws where its status, its headers or any
 * member of its body is not.
 */
export async function checkAnswer(sent: Sent, received: Received): Promise<void> {
  // Made once, when the first answer comes.
  described ??= describeInDemoMode()
  const faults = (await described).faultsOfAnswer(sent, received)
  if (faults.length === 0) return
  const { method, url } = sent
  const answer = `${received.status} ${received.text.slice(0, 500)}`
  throw new Error(`/openapi.json does not declare what ${method} ${url} answered:\n${faults.join('\n')}\n${answer}`)
}

/** It has all routes. */
async function describeInDemoMode(): Promise<DescribedApi> {
  const { openApiDocument } = await import('../../gateway/openapi/document.ts')
  return DescribedApi.of(openApiDocument('demo'))
}
