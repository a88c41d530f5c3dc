import helmet from 'koa-helmet'
import { TicketingError } from '#shared/errors.ts'
import { problemKinds } from '../http/problems.ts'
import type { OwnRoute } from '../koa/context.ts'
import { openApiDocument } from '../openapi/document.ts'
import type { Mode } from '../openapi/document-mode.ts'
import { type Health, type HealthParts, viewHealth } from './health.ts'

/** Headers of pages. TLS ends in front of the gateway, where https may be enforced. Data needs none of the eleven. */
const pageHeaders = helmet({
  strictTransportSecurity: false,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
})

/** The start page, the OpenAPI document and the description of each error. */
export function docsRoutes(parts: HealthParts & { readonly instance: string; readonly mode: Mode }): OwnRoute[] {
  // Made when it is first wanted: it takes a tenth of a second.
  let openApi: string | undefined
  return [
    {
      method: 'GET',
      path: '/',
      middleware: [
        pageHeaders,
        async (ctx) => {
          ctx.type = 'html'
          const port = ctx.req.socket.localPort ?? 0
          ctx.body = homePage({ instance: parts.instance, port, ...(await viewHealth(parts)) })
        },
      ],
    },
    {
      method: 'GET',
      path: '/openapi.json',
      middleware: [
        (ctx) => {
          ctx.type = 'application/json'
          openApi ??= JSON.stringify(openApiDocument(parts.mode))
          ctx.body = openApi
        },
      ],
    },
    {
      method: 'GET',
      path: '/problems/:code',
      middleware: [
        (ctx) => {
          const { code } = ctx.params as { code: string }
          const problem = problemKinds().find((candidate) => candidate.code === code)
          if (problem === undefined) throw new TicketingError('not_found', 'There is no such problem.')
          ctx.body = problem
        },
      ],
    },
  ]
}

const links: [path: string, text: string][] = [
  ['/events', 'Upcoming events'],
  ['/events/search?keyword=festival', 'A search'],
  ['/bookings?user_id=125', 'Bookings of user 125'],
  ['/openapi.json', 'The API as OpenAPI 3.1'],
  ['/readyz?verbose', 'Readiness, in detail'],
  ['/metrics', 'Metrics for Prometheus'],
]

/** The page at `/`: what this is, what is running, where to look. No value on it comes from users. */
function homePage(state: Health & { instance: string; port: number }): string {
  const rows = [
    ['gateway', state.instance],
    ['NATS', state.nats],
    ['Redis', state.redis === 'ok' ? 'ok' : 'unavailable (answers are slower, selling goes on)'],
    ...Object.entries(state.workers).map(([kind, count]) => [
      `${kind} workers`,
      count === 0 ? 'none: its routes answer 503' : String(count),
    ]),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ticketing</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
  table { border-collapse: collapse } th, td { text-align: left; padding: .15rem 1.5rem .15rem 0; font-weight: normal }
  th { opacity: .7 } pre { padding: .8rem 1rem; border: 1px solid; border-radius: .4rem; overflow-x: auto }
</style>
</head>
<body>
<h1>Ticketing</h1>
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
<pre>curl -s -X POST http://localhost:${state.port}/purchase</pre>
</body>
</html>
`
}
