import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Metafile, stop, transform } from 'esbuild'

/** Scripts as pages load them. */
export interface Scripts {
  /** By their path behind the release, such as `browser/event-page.js`. */
  readonly files: ReadonlyMap<string, Buffer>
  /** The paths of a script and of all that it imports, the script first. */
  withImports(path: string): readonly string[]
}

const storefront = import.meta.dirname

/** The scripts that pages and service workers name: `event-page.ts` and its like; all others are imported by these. */
export async function entriesOf(folder = 'browser'): Promise<readonly string[]> {
  const names = await readdir(join(storefront, folder))
  return names.filter((name) => /-(page|worker)\.ts$/.test(name)).map((name) => `${folder}/${name}`)
}

/**
 * Joins each of the entries with all that it imports, minified; what several of them import becomes a script of its own. Throws for
 * imports that the browser may not have. `entries`: paths in this folder.
 */
export async function bundleScripts(entries: readonly string[]): Promise<Scripts> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: storefront,
    entryPoints: [...entries],
    outbase: '.',
    outdir: '.',
    chunkNames: 'browser/shared-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    charset: 'utf8',
    minify: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
    // The image has no tsconfig.json, and nothing in ours changes what is run.
    tsconfigRaw: '{}',
  }).finally(stop)
  refuseForeign(metafile)
  const files = new Map(
    outputFiles.map(({ path, contents }) => [path.slice(storefront.length + 1), Buffer.from(contents)]),
  )
  return { files, withImports: (path) => withImports(path, metafile.outputs) }
}

/** What may reach the browser: `shared/` has no secrets, and imports of Node fail to be found. */
const ownSources = /^(browser\/|views\/|\.\.\/\.\.\/(shared|node_modules\/morphdom)\/)/

function refuseForeign({ inputs }: Metafile): void {
  const foreign = Object.keys(inputs).find((path) => !ownSources.test(path))
  if (foreign !== undefined)
    throw new Error(`a script of the storefront imports ${foreign}, which the browser does not get`)
}

function withImports(path: string, outputs: Metafile['outputs']): readonly string[] {
  const paths = new Set<string>()
  const add = (next: string): void => {
    if (paths.has(next)) return
    paths.add(next)
    for (const { path: imported, external } of outputs[next]?.imports ?? []) if (external !== true) add(imported)
  }
  add(path)
  return [...paths]
}

/** A style sheet without what browsers do not need. */
export async function minifyStyles(text: string): Promise<string> {
  const { code } = await transform(text, { loader: 'css', minify: true, charset: 'utf8' }).finally(stop)
  return code
}
