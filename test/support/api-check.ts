import type { ValidateFunction } from 'ajv'

/*
 * Every answer of a gateway that tests look at must be one that its OpenAPI document declares.
 */

interface Sent {
  readonly method: string
  readonly url: string
}

interface Received {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

type Schema = Record<string, unknown>

interface ResponseDescription {
  readonly headers?: Record<string, unknown>
  readonly content?: Record<string, unknown>
}

interface Operation {
  readonly responses: Record<string, ResponseDescription>
}

/** Throws where the answer of a gateway is not what the document declares: its status, its headers, and every member of its body. */
export async function checkAnswer(sent: Sent, received: Received): Promise<void> {
  const description = await describedApi()
  const faults = description.faultsOf(sent, received)
  if (faults.length === 0) return
  const { method, url } = sent
  const answer = `${received.status} ${received.text.slice(0, 500)}`
  throw new Error(`/openapi.json does not declare what ${method} ${url} answered:\n${faults.join('\n')}\n${answer}`)
}

let described: Promise<DescribedApi> | undefined

/** Made once, when the first answer comes. */
function describedApi(): Promise<DescribedApi> {
  described ??= makeDescribedApi()
  return described
}

async function makeDescribedApi(): Promise<DescribedApi> {
  const [{ Ajv2020 }, { default: addFormats }, { openApiDocument }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
    import('../../gateway/openapi/document.ts'),
  ])
  // In demo mode, because it has all routes.
  const document = closed(openApiDocument('demo')) as Schema
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'api')
  return new DescribedApi(document, (pointer) => ajv.compile({ $ref: `api#${pointer}` }))
}

/** The document, in which answers may have no members that it does not name. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(closed)
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)])) as Schema
  return members.type === 'object' && members.properties !== undefined
    ? { additionalProperties: false, ...members }
    : members
}

class DescribedApi {
  readonly #document: Schema
  readonly #compile: (pointer: string) => ValidateFunction
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #templates: readonly { readonly template: string; readonly pattern: RegExp }[]

  constructor(document: Schema, compile: (pointer: string) => ValidateFunction) {
    this.#document = document
    this.#compile = compile
    const templates = Object.keys(document.paths as Schema)
    // Those without parameters first: `/events/search` is no event.
    this.#templates = templates
      .toSorted((one, other) => one.split('{').length - other.split('{').length)
      .map((template) => ({ template, pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i') }))
  }

  faultsOf({ method, url }: Sent, { status, headers, text }: Received): string[] {
    const { pathname } = new URL(url)
    const template = this.#templates.find(({ pattern }) => pattern.test(pathname))?.template
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
    const path = template === undefined ? undefined : (this.#document.paths as Record<string, Schema>)[template]
    const operation = path?.[asked] as Operation | undefined
    // Such as `/session`, which the other mode does not have.
    const isAbsent = status === 404 && text.includes('Nothing is at this path.')
    if (operation === undefined || isAbsent) return this.#faultsWithoutOperation(status, headers, text)
    const response = operation.responses[String(status)]
    if (response === undefined) return [`no status ${status}`]
    const body = method === 'HEAD' ? '' : text
    return [
      ...headerFaults(response, headers, this.#headerComponents()),
      ...this.#bodyFaults(`/paths/${escaped(template ?? '')}/${asked}/responses/${status}`, response, headers, body),
    ]
  }

  /** There is no such path, or it has no such method. */
  #faultsWithoutOperation(status: number, headers: Headers, text: string): string[] {
    if (status < 400) return ['no such operation']
    if (!/problem\+json/.test(headers.get('content-type') ?? '')) return ['no problem document']
    return text === '' ? [] : this.#faultsOfJson('/components/schemas/Problem', text)
  }

  #bodyFaults(pointer: string, { content }: ResponseDescription, headers: Headers, text: string): string[] {
    if (text === '') return []
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
    if (content?.[type] === undefined) return [`no body of type ${type}`]
    if (!type.includes('json')) return []
    return this.#faultsOfJson(`${pointer}/content/${escaped(type)}/schema`, text)
  }

  #faultsOfJson(pointer: string, text: string): string[] {
    const validate = this.#validators.get(pointer) ?? this.#compile(pointer)
    this.#validators.set(pointer, validate)
    if (validate(JSON.parse(text))) return []
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    )
  }

  #headerComponents(): Record<string, { required?: boolean }> {
    return (this.#document.components as { headers: Record<string, { required?: boolean }> }).headers
  }
}

/** Headers that are missing, and those of our own that this answer does not declare. */
function headerFaults(
  { headers: declared = {} }: ResponseDescription,
  headers: Headers,
  components: Record<string, { required?: boolean }>,
): string[] {
  return Object.entries(components).flatMap(([name, { required }]) => {
    if (name in declared) return required && !headers.has(name) ? [`header ${name} is missing`] : []
    return headers.has(name) ? [`header ${name} is not declared`] : []
  })
}

function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))
}
