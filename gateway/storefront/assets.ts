import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { bundleOf, bundleScripts, minifyStyles } from './bundle.ts'

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
  /** The address of the file that has a script of `browser/`. */
  scriptAddress(script: string): string
}

const storefront = import.meta.dirname

/** Each is in a layer of its own: later ones win. */
const layers = ['tokens', 'base', 'parts', 'list', 'event', 'hold', 'ticket', 'queue', 'print']
/** Files of their own, which a page names in `style`: not on the way of every purchase. All others are one file. */
const separate: readonly string[] = ['queue']

/** Joins and compresses everything, once, when a gateway starts. */
export async function readAssets(): Promise<Assets> {
  const scripts = await bundleScripts()
  const contents = new Map<string, Buffer>(scripts)
  for (const [path, text] of await readStyles()) contents.set(path, Buffer.from(text))
  contents.set('mark.svg', await readFile(join(storefront, 'styles', 'mark.svg')))
  for (const [path, bytes] of await readFonts()) contents.set(path, bytes)
  const sorted = [...contents].sort(([one], [other]) => (one < other ? -1 : 1))
  const everything = Buffer.concat(sorted.flatMap(([path, bytes]) => [Buffer.from(path), bytes]))
  const release = hash('sha256', everything, 'hex').slice(0, 12)
  const files = await Promise.all(sorted.map(async ([path, bytes]) => [path, await assetOf(path, bytes)] as const))
  const scriptAddress = (script: string): string => {
    const path = bundleOf(script)
    if (!scripts.has(path)) throw new Error(`there is no script ${path}`)
    return `/assets/${release}/${path}`
  }
  return { release, files: new Map(files), scriptAddress }
}

async function readStyles(): Promise<[string, string][]> {
  const read = async (name: string): Promise<string> =>
    `@layer ${name} {\n${await readFile(join(storefront, 'styles', `${name}.css`), 'utf8')}}\n`
  const common = await Promise.all(layers.filter((name) => !separate.includes(name)).map(read))
  const files: [string, string][] = [
    ['styles.css', `${await readFontFaces()}@layer ${layers.join(', ')};\n${common.join('')}`],
  ]
  for (const name of separate) files.push([`${name}.css`, await read(name)])
  const minified: [string, string][] = []
  for (const [path, text] of files) minified.push([path, await minifyStyles(text)])
  return minified
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

/** Those of `fonts/` in place of the package's. */
async function readFonts(): Promise<[string, Buffer][]> {
  const [given, own] = [join(fontFolder, 'files'), join(storefront, 'fonts')]
  const ours = new Set(await readdir(own))
  const names = (await readdir(given)).filter((name) => name.endsWith('-700-normal.woff2'))
  return Promise.all(
    names.map(
      async (name): Promise<[string, Buffer]> => [
        `fonts/${name}`,
        await readFile(join(ours.has(name) ? own : given, name)),
      ],
    ),
  )
}

const types: Readonly<Record<string, string>> = {
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
