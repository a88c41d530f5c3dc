import type { Checks } from './checks.ts'

const links: [path: string, text: string][] = [
  ['/events', 'Upcoming events'],
  ['/events/search?keyword=festival', 'A search'],
  ['/bookings?user_id=125', 'Bookings of user 125'],
  ['/openapi.json', 'The API as OpenAPI 3.1'],
  ['/readyz?verbose', 'Readiness, in detail'],
  ['/metrics', 'Metrics for Prometheus'],
]

/** The page at `/`: what this is, what is running, where to look. All values on it are our own, none from users. */
export function homePage(state: Checks & { instance: string; port: number }): string {
  const rows = [
    ['gateway', state.instance],
    ['NATS', state.nats],
    ['Redis', state.redis === 'ok' ? 'ok' : 'away (answers are slower, selling goes on)'],
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
