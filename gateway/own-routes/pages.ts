import type { ErrorCode } from '#shared/errors.ts'
import type { ProblemKind } from '../http/problems.ts'
import { explanations } from '../openapi/explanations.ts'
import type { Health } from './health.ts'

/* Pages for people. No value on them comes from users. */

const links: [path: string, text: string][] = [
  ['/', 'The storefront'],
  ['/events', 'Upcoming events'],
  ['/events/search?keyword=festival', 'A search'],
  ['/bookings?user_id=125', 'Bookings of user 125'],
  ['/docs', 'The API, to read and to try'],
  ['/openapi.json', 'The API as OpenAPI 3.1'],
  ['/readyz?verbose', 'Readiness, in detail'],
  ['/metrics', 'Metrics for Prometheus'],
]

/** The page at `/running`: what this is, what is running, where to look. No value on it comes from users. */
export function runningPage(state: Health & { instance: string; port: number }): string {
  const rows = [
    ['gateway', state.instance],
    ['NATS', state.nats],
    ['Redis', state.redis === 'ok' ? 'ok' : 'unavailable (answers are slower, selling goes on)'],
    ...Object.entries(state.workers).map(([kind, count]) => [
      `${kind} workers`,
      count === 0 ? 'none: its routes answer 503' : String(count),
    ]),
  ]
  return page(
    'Ticketing',
    `<h1>Ticketing</h1>
<p>Search events, hold seats, pay, and never sell a seat twice.</p>
<h2>Running now</h2>
<table>
${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join('\n')}
</table>
<h2>Look around</h2>
<ul>
${links.map(([path, text]) => `<li><a href="${path}">${text}</a> <code>${path}</code></li>`).join('\n')}
</ul>
<h2>Buy a seat</h2>
<pre>curl -s -X POST http://localhost:${state.port}/purchase</pre>`,
  )
}

/** The page at `/problems/:code`: what an error means, and what to do next. */
export function problemPage({ code, status, title, retryable }: ProblemKind & { code: ErrorCode }): string {
  const explanation = explanations[code].replaceAll(/`([^`]*)`/g, '<code>$1</code>')
  const again = retryable
    ? 'Yes. Wait a little longer before each repetition, and repeat a write with the same <code>Idempotency-Key</code>.'
    : 'No. Change the request first.'
  return page(
    `${title} (${code})`,
    `<h1>${title}</h1>
<p>${explanation}</p>
<table>
<tr><th scope="row">HTTP status</th><td>${status}</td></tr>
<tr><th scope="row">Code</th><td><code>${code}</code></td></tr>
<tr><th scope="row">Can the same request succeed later?</th><td>${again}</td></tr>
</table>
<p><a href="/docs">The API</a></p>`,
  )
}

/** The page at `/docs`: Swagger UI, all of it from this host. `assets`: where its files are. */
export function docsPage(assets: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ticketing: the API</title>
<link rel="stylesheet" href="${assets}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The document itself: <a href="/openapi.json">/openapi.json</a></noscript>
<script src="${assets}/swagger-ui-bundle.js"></script>
<script src="${assets}/start.js"></script>
</body>
</html>
`
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
  table { border-collapse: collapse } th, td { text-align: left; padding: .15rem 1.5rem .15rem 0; font-weight: normal }
  th { opacity: .7 } pre { padding: .8rem 1rem; border: 1px solid; border-radius: .4rem; overflow-x: auto }
</style>
</head>
<body>
${body}
</body>
</html>
`
}
