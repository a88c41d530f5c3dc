import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

const compressGzip = promisify(gzip)
const compressBrotli = promisify(brotliCompress)

/** One file that pages load. */
export interface Asset {
  readonly type: string
  readonly plain: Buffer
  /** Where they are smaller. */
  readonly gzip?: Buffer
  readonly br?: Buffer
}

/** All that the pages of this gateway load, under one address that changes with any of it. */
export interface Assets {
  /** 12 characters. */
  readonly release: string
  /** By the path behind `/assets/<release>/`. */
  readonly files: ReadonlyMap<string, Asset>
  /** The addresses of a script of `browser/` and of all that it imports, the script first. */
  modulesOf(script: string): readonly string[]
}

const storefront = import.meta.dirname
const shared = join(storefront, '..', '..', 'shared')

/** Joined in this order, each in a layer of its own: later ones win. */
const styleSheets = ['tokens', 'base', 'parts', 'list', 'event', 'hold', 'ticket', 'print']

/** Packages for the browser, by the name in our imports. morphdom comes minified only as a script for all module systems. */
const packages: Readonly<Record<string, { readonly path: string; read(): Promise<string> }>> = {
  morphdom: {
    path: 'packages/morphdom.js',
    async read() {
      const script = await readFile(fileURLToPath(import.meta.resolve('morphdom/dist/morphdom-umd.min.js')), 'utf8')
      return `const module = { exports: {} };\nconst exports = module.exports;\n${script};\nexport default module.exports;\n`
    },
  },
}

/** Strips, joins and compresses everything, once, when a gateway starts. */
export async function readAssets(): Promise<Assets> {
  const scripts = await readScripts()
  const texts = new Map<string, Buffer>()
  for (const [path, { text }] of scripts) texts.set(path, Buffer.from(text))
  texts.set('styles.css', Buffer.from(await readStyles()))
  texts.set('mark.svg', await readFile(join(storefront, 'styles', 'mark.svg')))
  for (const [path, bytes] of await readFonts()) texts.set(path, bytes)
  const sorted = [...texts].sort(([one], [other]) => (one < other ? -1 : 1))
  const everything = Buffer.concat(sorted.flatMap(([path, bytes]) => [Buffer.from(path), bytes]))
  const release = hash('sha256', everything, 'hex').slice(0, 12)
  const files = await Promise.all(sorted.map(async ([path, bytes]) => [path, await assetOf(path, bytes)] as const))
  const modules = new Map(
    [...scripts.keys()].map((path) => [
      path,
      withImports(path, scripts).map((imported) => `/assets/${release}/${imported}`),
    ]),
  )
  const modulesOf = (script: string): readonly string[] => {
    const addresses = modules.get(`browser/${script}`)
    if (addresses === undefined) throw new Error(`there is no script browser/${script}`)
    return addresses
  }
  return { release, files: new Map(files), modulesOf }
}

interface Script {
  readonly text: string
  /** Paths of other scripts. */
  readonly imports: readonly string[]
}

/** Every file of `browser/` and what it imports, without types, by its path behind the release. */
async function readScripts(): Promise<ReadonlyMap<string, Script>> {
  const names = (await readdir(join(storefront, 'browser'), { recursive: true })).filter((name) => name.endsWith('.ts'))
  const scripts = new Map<string, Script>()
  const open = names.map((name) => `browser/${name}`)
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (scripts.has(path)) continue
    const script = await readScript(path)
    scripts.set(path, script)
    open.push(...script.imports)
  }
  return scripts
}

async function readScript(path: string): Promise<Script> {
  const fromPackage = Object.values(packages).find((known) => known.path === path)
  if (fromPackage !== undefined) return { text: await fromPackage.read(), imports: [] }
  const file = path.startsWith('shared/') ? join(shared, '..', path) : join(storefront, path)
  const stripped = withoutComments(withoutTypes(await readFile(file, 'utf8')))
  const imports: string[] = []
  // All of them stand in the form that our formatter gives them.
  const text = stripped.replace(
    /(\bfrom |\bimport |\bimport\()'([^']+)'/g,
    (_all, before: string, specifier: string) => {
      const target = targetOf(specifier, path)
      imports.push(target)
      return `${before}'${relativeTo(target, path)}'`
    },
  )
  return { text, imports }
}

/** The path behind the release that an import means. Throws for what the browser may not have. */
function targetOf(specifier: string, importer: string): string {
  const known = packages[specifier]
  if (known !== undefined) return known.path
  if (specifier.startsWith('#shared/')) return specifier.slice(1)
  const target = join(dirname(importer), specifier)
  if (specifier.startsWith('.') && /^(browser|views|shared)\//.test(target)) return target
  throw new Error(`${importer} imports ${specifier}, which the browser does not get`)
}

function relativeTo(target: string, importer: string): string {
  const path = relative(dirname(importer), target)
  return path.startsWith('.') ? path : `./${path}`
}

/** `stripTypeScriptTypes` warns that it is experimental; a flag against that would have to stand in every command. */
function withoutTypes(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Leaves out what stands in lines of its own, a sixth of all bytes; every other line keeps its number, for those who look for an error. */
function withoutComments(source: string): string {
  return source
    .replaceAll(/^[ \t]*\/\*(?:(?!\*\/)[\s\S])*\*\/[ \t]*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/^[ \t]*\/\/.*$/gm, '')
}

/** The paths of a script and of all that it imports, the script first. */
function withImports(path: string, scripts: ReadonlyMap<string, Script>): readonly string[] {
  const paths = new Set<string>()
  const add = (next: string): void => {
    if (paths.has(next)) return
    paths.add(next)
    for (const imported of scripts.get(next)?.imports ?? []) add(imported)
  }
  add(path)
  return [...paths]
}

async function readStyles(): Promise<string> {
  const sheets = await Promise.all(
    styleSheets.map(async (name) => {
      const text = await readFile(join(storefront, 'styles', `${name}.css`), 'utf8')
      return `@layer ${name} {\n${text.replace(/\/\*[\s\S]*?\*\/\n?/g, '')}}\n`
    }),
  )
  return `${await readFontFaces()}@layer ${styleSheets.join(', ')};\n${sheets.join('')}`
}

const fontFolder = dirname(fileURLToPath(import.meta.resolve('@fontsource/sofia-sans-condensed/700.css')))

/** The faces as the package declares them, in the one form that browsers of today take. */
async function readFontFaces(): Promise<string> {
  const text = await readFile(join(fontFolder, '700.css'), 'utf8')
  return text
    .replace(/\/\*[\s\S]*?\*\/\n?/g, '')
    .replaceAll(/, url\([^)]*\.woff\) format\('woff'\)/g, '')
    .replaceAll('url(./files/', 'url(fonts/')
}

async function readFonts(): Promise<[string, Buffer][]> {
  const names = (await readdir(join(fontFolder, 'files'))).filter((name) => name.endsWith('-700-normal.woff2'))
  return Promise.all(
    names.map(
      async (name): Promise<[string, Buffer]> => [`fonts/${name}`, await readFile(join(fontFolder, 'files', name))],
    ),
  )
}

const types: Readonly<Record<string, string>> = {
  // Browsers refuse modules of any other type; to most file systems `.ts` is a film.
  ts: 'text/javascript; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/** The Content-Type of a path. */
export function assetType(path: string): string {
  return types[basename(path).split('.').at(-1) ?? ''] ?? 'application/octet-stream'
}

async function assetOf(path: string, plain: Buffer): Promise<Asset> {
  const type = assetType(path)
  // Fonts are compressed already.
  if (path.endsWith('.woff2')) return { type, plain }
  const [gzipped, br] = await Promise.all([compressGzip(plain, { level: 9 }), compressBrotli(plain)])
  return {
    type,
    plain,
    ...(gzipped.byteLength < plain.byteLength ? { gzip: gzipped } : {}),
    ...(br.byteLength < plain.byteLength ? { br } : {}),
  }
}
