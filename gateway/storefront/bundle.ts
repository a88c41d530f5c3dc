import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Metafile, stop, transform } from 'esbuild'

const storefront = import.meta.dirname

/** What buyers load one after the other anyway: smaller as one file, whose pages are told apart by `data-script`. */
const ofPurchase: ReadonlySet<string> = new Set(['event-page.ts', 'hold-page.ts', 'booking-page.ts', 'ticket-page.ts'])
const purchase = 'purchase-pages.ts'

/** The path behind the release of the file that has a script of `browser/`. */
export function bundleOf(script: string): string {
  return `browser/${(ofPurchase.has(script) ? purchase : script).replace(/ts$/, 'js')}`
}

/**
 * Scripts as browsers load them, minified, each with all that it imports, by their path behind the release: `browser/purchase-pages.js`.
 * Throws for imports that the browser may not have.
 */
export async function bundleScripts(): Promise<ReadonlyMap<string, Buffer>> {
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
    // The image has no tsconfig.json, and nothing in ours changes what is run.
    tsconfigRaw: '{}',
  }).finally(stop)
  refuseForeign(metafile)
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(storefront.length + 1), Buffer.from(contents)]))
}

/** What may reach the browser: `shared/` has no secrets, and modules of Node are not found. Packages may be links to elsewhere. */
const ownSources = /^(browser|views|\.\.\/\.\.\/shared)\/|\/node_modules\/morphdom\//

function refuseForeign({ inputs }: Metafile): void {
  const foreign = Object.keys(inputs).find((path) => !ownSources.test(path))
  if (foreign !== undefined) throw new Error(`a script of the storefront imports ${foreign}: not for browsers`)
}

/** A style sheet without what browsers do not need. */
export async function minifyStyles(text: string): Promise<string> {
  const { code } = await transform(text, { loader: 'css', minify: true, charset: 'utf8' }).finally(stop)
  return code
}
