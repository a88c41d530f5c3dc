import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type axe from 'axe-core'
import { type Browser, chromium, type Page, type Request } from 'playwright-core'
import { requireProgram } from '../../../infra/system/programs/program.ts'

export type Scheme = 'light' | 'dark'

export interface Reader {
  /** Of the window, in CSS pixels. Default: 1280. */
  readonly width?: number
  readonly scheme?: Scheme
  /** False: a browser without JavaScript. */
  readonly script?: boolean
  /** Default: en-US. */
  readonly language?: string
  /** The only encoding that the browser takes. Default: all that it knows. */
  readonly encoding?: 'gzip'
}

/** Something that a page loaded. */
export interface Loaded {
  readonly path: string
  /** Of the body, as it came. */
  readonly bytes: number
  readonly encoding: string | undefined
}

/** A page in a window of its own, with what went wrong in it. */
export interface OpenPage {
  readonly page: Page
  /** Requests to other hosts, violations of the policy, errors of scripts. */
  readonly faults: readonly string[]
  /** Everything but the HTML that came through the network. */
  loaded(): Promise<readonly Loaded[]>
  close(): Promise<void>
}

/** Debian's Chromium. It runs as root in containers, where its own sandbox cannot. */
export async function startBrowser(): Promise<Browser> {
  const { path } = await requireProgram('chromium')
  return chromium.launch({
    executablePath: path,
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${plainAddress} 127.0.0.1`],
  })
}

/** An address for documentation (RFC 5737) that leads to this machine. Over http, browsers trust it less than localhost. */
export const plainAddress = '192.0.2.1'

/** A window for a reader, on a blank page. `url`: the only host that its pages may ask. */
export async function openWindow(browser: Browser, url: string, reader: Reader = {}): Promise<OpenPage> {
  const { width = 1280, scheme = 'light', script = true, language = 'en-US', encoding } = reader
  const context = await browser.newContext({
    viewport: { width, height: width < 768 ? 740 : 860 },
    colorScheme: scheme,
    javaScriptEnabled: script,
    locale: language,
    reducedMotion: 'reduce',
    baseURL: url,
    hasTouch: width < 768,
    ...(encoding !== undefined && { extraHTTPHeaders: { 'accept-encoding': encoding } }),
  })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const faults: string[] = []
  const own = new URL(url).host
  page.on('request', (request) => {
    const asked = new URL(request.url())
    if (/^https?:|^wss?:/.test(asked.protocol) && asked.host !== own) faults.push(`asked ${request.url()}`)
  })
  page.on('pageerror', (error) => faults.push(`script failed: ${error.message}`))
  // Violations of the Content Security Policy and of Trusted Types come as errors.
  page.on('console', (message) => {
    if (message.type() === 'error' && /polic|trusted/i.test(message.text())) faults.push(message.text())
  })
  const finished: Promise<Loaded | null>[] = []
  page.on('requestfinished', (request) => finished.push(loadedBy(request)))
  return {
    page,
    faults,
    loaded: async () => (await Promise.all(finished)).filter((each) => each !== null),
    close: () => context.close(),
  }
}

/** Null for pages, also where script reads them: tickets, to be kept. */
async function loadedBy(request: Request): Promise<Loaded | null> {
  const headers = (await request.response().catch(() => null))?.headers() ?? {}
  if (headers['content-type']?.startsWith('text/html')) return null
  const bytes = (await request.sizes().catch(() => undefined))?.responseBodySize ?? 0
  // What comes from the browser's own cache has a size below nothing.
  if (bytes <= 0) return null
  return { path: new URL(request.url()).pathname, bytes, encoding: headers['content-encoding'] }
}

export function bytesOf(loaded: readonly Loaded[]): number {
  return loaded.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** The rules of axe whose outcome can change with the theme: it sets colours alone. */
const colourRules = ['color-contrast', 'link-in-text-block']

/** The short form: the browser parses it anew for every page. */
const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** What axe finds on a page as it stands, a line each: by all of its rules, or by those of colours. */
export async function axeFindings(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  // Once a page. The policy forbids script tags, so it is evaluated.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  const options: axe.RunOptions = {
    resultTypes: ['violations'],
    // A way to each element takes long to find, and their HTML tells them.
    selectors: false,
    ...(rules === 'colours' && { runOnly: colourRules }),
  }
  const { violations } = await page.evaluate(
    (asked) => (globalThis as unknown as { axe: typeof axe }).axe.run(asked),
    options,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** The elements that make a page wider than its window; empty where it does not scroll sideways. */
export function sidewaysScroll(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 0.5)
      .map((element) => `${scrollWidth} px: ${element.outerHTML.slice(0, 120)}`)
  })
}
