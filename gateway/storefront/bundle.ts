import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Metafile, stop, transform } from 'esbuild'

const storefront = import.meta.dirname

/** Pages that buyers load one after the other: their scripts form one file, which is smaller. `data-script` selects the page. */
const ofPurchase: ReadonlySet<string> = new Set(['event-page.ts', 'hold-page.ts', 'booking-page.ts', 'ticket-page.ts'])
const purchase = 'purchase-pages.ts'

/** The path, after the release, of the bundle that contains a script of `browser/`. */
export function bundleOf(script: string): string {
  return `browser/${(ofPurchase.has(script) ? purchase : script).replace(/ts$/, 'js')}`
}

/** Minified files by their path after the release. */
export interface Minified {
  readonly scripts: ReadonlyMap<string, Buffer>
  readonly styles: ReadonlyMap<string, Buffer>
}

/**
 * Minifies all scripts of `browser/`, each bundled with its imports: `browser/purchase-pages.js`; and the given style sheets. Throws on an
 * import that is not for browsers.
 */
export async function minify(styles: ReadonlyMap<string, string>): Promise<Minified> {
  try {
    const minifying = [...styles].map(async ([path, text]) => [path, await minifyStyles(text)] as const)
    const [scripts, sheets] = await Promise.all([bundleScripts(), Promise.all(minifying)])
    return { scripts, styles: new Map(sheets) }
  } finally {
    // Else the process of esbuild stays.
    await stop()
  }
}

async function bundleScripts(): Promise<ReadonlyMap<string, Buffer>> {
  const names = await readdir(join(storefront, 'browser'))
  const entries = names.filter((name) => /-(pages?|worker)\.ts$/.test(name) && !ofPurchase.has(name))
  const { outputFiles, metafile } = await build({
    absWorkingDir: storefront,
    entryPoints: entries.map((name) => `browser/${name}`),
    outbase: '.',
    outdir: '.',
    bundle: true,
    format: 'esm',
    platform: 'browser',
    charset: 'utf8',
    minify: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
    // The image has no tsconfig.json, and ours does not affect the output.
    tsconfigRaw: '{}',
  })
  refuseForeign(metafile)
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(storefront.length + 1), Buffer.from(contents)]))
}

/**
 * Sources that may reach the browser. `shared/` contains no secrets, and modules of Node are not found. A package may be a symbolic link.
 */
const ownSources = /^(browser|views|\.\.\/\.\.\/shared)\/|\/node_modules\/(morphdom|jsqr)\//

function refuseForeign({ inputs }: Metafile): void {
  const foreign = Object.keys(inputs).find((path) => !ownSources.test(path))
  if (foreign !== undefined) throw new Error(`a script of the storefront imports ${foreign}: not for browsers`)
}

async function minifyStyles(text: string): Promise<Buffer> {
  const { code } = await transform(text, { loader: 'css', minify: true, charset: 'utf8' })
  return Buffer.from(code)
}
