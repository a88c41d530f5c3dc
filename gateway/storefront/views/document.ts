import { type Html, html } from './html.ts'
import { deskMasthead, doorMasthead, footer, masthead, type Place } from './masthead.ts'
import * as words from './words.ts'

/** The parts of a page, besides masthead and foot. */
export interface PageContent {
  readonly title: string
  /** The description that search engines and link previews show. */
  readonly description?: string
  /** The content of `<main>`. */
  readonly body: Html
  readonly current?: Place
  /** Whose head the page has: that of organisers, or of the people at the door. Default: that of buyers. */
  readonly head?: 'desk' | 'door'
  /** `front`: the page begins with a dark band, also under the masthead; `house`: the whole page is dark. */
  readonly tone?: 'front' | 'house'
  /** The script of the page: a file of `browser/`, such as `event-page.ts`. */
  readonly script?: string
  /** Style sheets besides the common one: files of `styles/`. */
  readonly styles?: readonly string[]
  /** The page may ask for the camera. */
  readonly usesCamera?: boolean
  /** The initial state of the script, sent as JSON in `data-state` of `<main>`. */
  readonly state?: unknown
  /** Addresses of JSON that the script fetches first; the page preloads them. */
  readonly preloads?: readonly string[]
}

/** The shop, as a page shows it. */
export interface Shop {
  readonly name: string
  /** A BCP 47 language tag: how dates and money are written. */
  readonly language: string
  readonly isDemo: boolean
  /** Names the release of the page's scripts and styles; see `assets.ts`. */
  readonly release: string
  /** The address of the bundle that contains a script of `browser/`. */
  scriptAddress(script: string): string
}

/** The script that every page loads. */
const commonScript = 'every-page.ts'

/** Renders a whole page. */
export function renderDocument(page: PageContent, shop: Shop): string {
  const { title, description, body, current, head, tone, script, styles = [], state, preloads = [] } = page
  const assets = `/assets/${shop.release}`
  const scripts = script === undefined ? [commonScript] : [commonScript, script]
  const modules = scripts.map((name) => shop.scriptAddress(name))
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title === shop.name ? title : `${title} · ${shop.name}`}</title>
${description !== undefined && html`<meta name="description" content="${description}">`}
<meta name="theme-color" media="(prefers-color-scheme: light)" content="${tone === undefined ? '#eceaf0' : '#22142b'}">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="${tone === undefined ? '#150e1c' : '#0c0711'}">
<link rel="icon" href="${assets}/mark.svg" type="image/svg+xml">
<link rel="preload" href="${assets}/fonts/sofia-sans-condensed-latin-700-normal.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="${assets}/styles.css">
${styles.map((name) => html`<link rel="stylesheet" href="${assets}/${name}">\n`)}${modules.map((address) => html`<link rel="modulepreload" href="${address}">\n`)}${preloads.map((address) => html`<link rel="preload" href="${address}" as="fetch" crossorigin>\n`)}${modules.map((address) => html`<script type="module" src="${address}"></script>\n`)}</head>
<body${tone !== undefined && html` class="${tone}"`}>
<a class="skip" href="#main">${words.skip}</a>
${head === 'door' ? doorMasthead : head === 'desk' ? deskMasthead(current) : masthead({ name: shop.name, current })}
<main id="main" tabindex="-1"${script !== undefined && html` data-script="${script}"`}${state !== undefined && html` data-state="${JSON.stringify(state)}"`}>
${body}
</main>
${head !== 'door' && footer(shop)}
</body>
</html>
`.text
}
