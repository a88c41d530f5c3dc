import { type Html, html } from './html.ts'
import { footer, masthead, type Place } from './masthead.ts'
import * as words from './words.ts'

/** What a page is made of, beside masthead and foot. */
export interface PageContent {
  readonly title: string
  /** What a search engine or a message shows of the page. */
  readonly description?: string
  /** The content of `<main>`. */
  readonly body: Html
  readonly current?: Place
  /** `front`: the page begins with a dark band, under the masthead too; `house`: it is dark from top to bottom. */
  readonly tone?: 'front' | 'house'
  /** The script of the page: a file of `browser/`, such as `event-page.ts`. */
  readonly script?: string
  /** Its own style sheet beside the common one: a file of `styles/`. */
  readonly style?: string
  /** What the script begins with: becomes JSON in `data-state` of `<main>`. */
  readonly state?: unknown
  /** Addresses of JSON that the script fetches first. */
  readonly preloads?: readonly string[]
}

/** The shop that shows a page. */
export interface Shop {
  readonly name: string
  /** A tag of BCP 47: dates and money are written as in this language. */
  readonly language: string
  readonly isDemo: boolean
  /** Names the scripts and styles that belong to this page; see `assets.ts`. */
  readonly release: string
  /** The address of the file that has a script of `browser/`. */
  scriptAddress(script: string): string
}

/** The script of every page. */
const commonScript = 'every-page.ts'

/** A whole page. */
export function renderDocument(page: PageContent, shop: Shop): string {
  const { title, description, body, current, tone, script, style, state, preloads = [] } = page
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
${style !== undefined && html`<link rel="stylesheet" href="${assets}/${style}">\n`}${modules.map((address) => html`<link rel="modulepreload" href="${address}">\n`)}${preloads.map((address) => html`<link rel="preload" href="${address}" as="fetch" crossorigin>\n`)}${modules.map((address) => html`<script type="module" src="${address}"></script>\n`)}</head>
<body${tone !== undefined && html` class="${tone}"`}>
<a class="skip" href="#main">${words.skip}</a>
${masthead({ name: shop.name, current })}
<main id="main" tabindex="-1"${script !== undefined && html` data-script="${script}"`}${state !== undefined && html` data-state="${JSON.stringify(state)}"`}>
${body}
</main>
${footer(shop)}
</body>
</html>
`.text
}
