import type { ErrorCode } from '#shared/errors.ts'
import type { ProblemKind } from '../http/problems.ts'
import { explanations } from '../openapi/explanations.ts'
import type { PageContent } from '../storefront/views/document.ts'
import { type Html, html } from '../storefront/views/html.ts'
import { footer, masthead } from '../storefront/views/masthead.ts'
import type { Health } from './health.ts'

/* Pages for operators and for developers of clients. */

const links: [path: string, text: string][] = [
  ['/', 'The storefront'],
  ['/events', 'Upcoming events'],
  ['/events/search?keyword=festival', 'A search'],
  ['/bookings?user_id=125', 'Bookings of user 125'],
  ['/docs', 'The API, to read and to try'],
  ['/openapi.json', 'The API as OpenAPI 3.1'],
  ['/readyz?verbose', 'Readiness, in detail'],
]

const metricsLink: (typeof links)[number] = ['/metrics', 'Metrics for Prometheus']

export interface RunningState extends Health {
  readonly instance: string
  /** The host and port in the reader's address bar: `localhost:8080`. */
  readonly host: string
  /** Whether this port serves `/metrics`. */
  readonly hasMetrics: boolean
}

/** The page at `/running`: what is running, and where to look. */
export function runningPage(state: RunningState): PageContent {
  const rows = [
    ['gateway', state.instance],
    ['NATS', state.nats],
    ['Redis', state.redis === 'ok' ? 'ok' : 'unavailable (answers are slower, selling goes on)'],
    ...Object.entries(state.workers).map(([kind, count]) => [
      `${kind} workers`,
      count === 0 ? 'none: its routes answer 503' : String(count),
    ]),
  ]
  return {
    title: 'What is running',
    body: html`<div class="words-page">
<h1>What is running</h1>
<table class="table">${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</table>
<h2>Look around</h2>
<table class="table">${(state.hasMetrics ? [...links, metricsLink] : links).map(([path, text]) => html`<tr><th scope="row"><a href="${path}">${text}</a></th><td><code>${path}</code></td></tr>`)}</table>
<h2>Buy a seat</h2>
<pre tabindex="0">curl -s -X POST http://${state.host}/purchase</pre>
</div>`,
  }
}

/** The page at `/problems/:code`: what an error means, and what to do next. */
export function problemKindPage({ code, status, title, retryable }: ProblemKind & { code: ErrorCode }): PageContent {
  const again = retryable
    ? html`Yes. Wait a little longer before each retry, and repeat a write with the same <code>Idempotency-Key</code>.`
    : 'No. Change the request first.'
  return {
    title: `${title} (${code})`,
    body: html`<div class="words-page">
<h1>${title}</h1>
<p>${withCode(explanations[code])}</p>
<table class="table">
<tr><th scope="row">HTTP status</th><td>${status}</td></tr>
<tr><th scope="row">Code</th><td><code>${code}</code></td></tr>
<tr><th scope="row">Can the same request succeed later?</th><td>${again}</td></tr>
</table>
<p><a href="/docs">The API</a></p>
</div>`,
  }
}

/** Text between backticks becomes code. */
function withCode(text: string): Html[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
}

interface DocsPage {
  /** Path of Swagger UI's files. */
  readonly docs: string
  /** Path of the storefront's files. */
  readonly shop: string
  readonly name: string
  readonly isDemo: boolean
}

/**
 * The page at `/docs`: Swagger UI under the shop's masthead, all of it from this host. Swagger UI does not work with the other pages'
 * security policy, so this page does not use their template.
 */
export function docsPage({ docs, shop, name, isDemo }: DocsPage): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API · ${name}</title>
<link rel="icon" href="${shop}/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="${shop}/styles.css">
<link rel="stylesheet" href="${docs}/swagger-ui.css">
<link rel="stylesheet" href="${docs}/docs.css">
</head>
<body>
${masthead({ name, current: undefined })}
<main id="main">
<h1 class="docs-title">The API</h1>
<div id="swagger-ui"></div>
<noscript><p>This page needs JavaScript. The document itself: <a href="/openapi.json">/openapi.json</a></p></noscript>
</main>
${footer({ isDemo })}
<script src="${docs}/swagger-ui-bundle.js"></script>
<script src="${docs}/start.js"></script>
</body>
</html>
`.text
}
