import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { bundleOf, minify } from './bundle.ts'

const compressGzip = promisify(gzip)
const compressBrotli = promisify(brotliCompress)

/** One file that pages load. */
export interface Asset {
  readonly type: string
  readonly plain: Buffer
  /** Only of files that are worth it and stay in memory. */
  readonly compressed?: Readonly<Record<AssetEncoding, () => Promise<Buffer>>>
}

/** The best first. */
export const assetEncodings = ['br', 'gzip'] as const
type AssetEncoding = (typeof assetEncodings)[number]

/** All files that the pages of this gateway load, under one address that changes with any of them. */
export interface Assets {
  /** 12 characters. */
  readonly release: string
  /** By the path after `/assets/<release>/`. */
  readonly files: ReadonlyMap<string, Asset>
  /** The address of the bundle that contains a script of `browser/`. */
  scriptAddress(script: string): string
}

const storefront = import.meta.dirname

/** Each file is a cascade layer; later layers win. */
const layers = ['tokens', 'base', 'parts', 'list', 'event', 'hold', 'ticket', 'queue', 'desk', 'door', 'print']
/** Style sheets of their own, which a page names in `styles`, because not every purchase needs them. All others form one file. */
const separate: readonly string[] = ['queue', 'desk', 'door']

/** Joins and minifies all files once, when a gateway starts. */
export async function readAssets(): Promise<Assets> {
  const { scripts, styles } = await minify(await readStyles())
  const contents = new Map<string, Buffer>([...scripts, ...styles])
  contents.set('mark.svg', await readFile(join(storefront, 'styles', 'mark.svg')))
  for (const [path, bytes] of await readFonts()) contents.set(path, bytes)
  const sorted = [...contents].sort(([one], [other]) => (one < other ? -1 : 1))
  const everything = Buffer.concat(sorted.flatMap(([path, bytes]) => [Buffer.from(path), bytes]))
  const release = hash('sha256', everything, 'hex').slice(0, 12)
  const files = new Map(sorted.map(([path, bytes]) => [path, assetOf(path, bytes)]))
  const scriptAddress = (script: string): string => {
    const path = bundleOf(script)
    if (!scripts.has(path)) throw new Error(`there is no script ${path}`)
    return `/assets/${release}/${path}`
  }
  return { release, files, scriptAddress }
}

async function readStyles(): Promise<ReadonlyMap<string, string>> {
  const read = async (name: string): Promise<string> =>
    `@layer ${name} {\n${await readFile(join(storefront, 'styles', `${name}.css`), 'utf8')}}\n`
  const common = await Promise.all(layers.filter((name) => !separate.includes(name)).map(read))
  const files = new Map([['styles.css', `${await readFontFaces()}@layer ${layers.join(', ')};\n${common.join('')}`]])
  for (const name of separate) files.set(`${name}.css`, await read(name))
  return files
}

const fontFolder = dirname(fileURLToPath(import.meta.resolve('@fontsource/sofia-sans-condensed/700.css')))

/** The font faces of the package, only in the format that current browsers use. */
async function readFontFaces(): Promise<string> {
  const text = await readFile(join(fontFolder, '700.css'), 'utf8')
  return text
    .replace(/\/\*[\s\S]*?\*\/\n?/g, '')
    .replaceAll(/, url\([^)]*\.woff\) format\('woff'\)/g, '')
    .replaceAll('url(./files/', 'url(fonts/')
}

/** The fonts, with the files of `fonts/` replacing those of the package. */
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

function assetOf(path: string, plain: Buffer): Asset {
  const type = assetType(path)
  // Fonts are already compressed.
  if (path.endsWith('.woff2')) return { type, plain }
  // Made when asked for: a gateway that compresses all of its files first starts half a second later.
  const compressed = {
    br: madeOnce(() => compressBrotli(plain)),
    gzip: madeOnce(() => compressGzip(plain, { level: 9 })),
  }
  return { type, plain, compressed }
}

function madeOnce(make: () => Promise<Buffer>): () => Promise<Buffer> {
  let made: Promise<Buffer> | undefined
  return () => {
    made ??= make()
    return made
  }
}
