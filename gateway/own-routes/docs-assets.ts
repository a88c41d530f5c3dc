import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const compress = promisify(gzip)

/** Without the badge of an external validator: this page sends nothing to other hosts. */
const startScript = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
})
`

/** The files of the page at `/docs`. */
export interface DocsAssets {
  /** Changes when any file changes. */
  readonly version: string
  readonly files: ReadonlyMap<string, DocsAsset>
}

export interface DocsAsset {
  readonly plain: Buffer
  readonly compressed: Buffer
}

/** Reads and compresses the files of Swagger UI. Adds the script that starts it and the shop's style sheet. */
export async function readDocsAssets(): Promise<DocsAssets> {
  const names = ['swagger-ui-bundle.js', 'swagger-ui.css']
  const read = names.map(async (name) => {
    const plain = await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)))
    return [name, plain] as const
  })
  const look = await readFile(join(import.meta.dirname, 'docs.css'))
  const own = [['start.js', Buffer.from(startScript)] as const, ['docs.css', look] as const]
  const all = [...(await Promise.all(read)), ...own]
  const files = all.map(async ([name, plain]) => [name, { plain, compressed: await compress(plain) }] as const)
  const version = hash('sha256', Buffer.concat(all.map(([, plain]) => plain)), 'hex').slice(0, 16)
  return { version, files: new Map(await Promise.all(files)) }
}
