import type { Launched } from './launch.ts'
import { processLine } from './process-line.ts'

const answerWithinMs = 3_000

/** What the terminal shows when everything is ready: what runs, and only URLs that answer at this moment. */
export async function readyScreen(system: Launched, secondsToReady: number): Promise<string> {
  const { running, logDirectory, demo } = system
  const [gateway = ''] = running.gateways
  const pages = [
    { url: `${gateway}/`, what: 'the storefront' },
    { url: `${gateway}/desk`, what: 'the desk of organisers' },
    { url: `${gateway}/running`, what: 'what is running' },
    { url: `${gateway}/events`, what: 'upcoming events' },
    { url: `${gateway}/docs`, what: 'the API, to try' },
    { url: `${gateway}/metrics`, what: 'metrics' },
    ...running.gateways.slice(1).map((url) => ({ url: `${url}/`, what: 'another gateway' })),
    { url: `${running.payment_url}/ledger`, what: 'payments made' },
  ]
  if (running.prometheus_url) {
    pages.push({ url: await cacheHitsGraph(running.prometheus_url), what: 'cache hits per second' })
  }
  const answering = await Promise.all(pages.map(({ url }) => answers(url)))
  return [
    '',
    ...running.processes.map(({ version, ...shown }) =>
      processLine(version === undefined ? shown : { ...shown, name: `${shown.name} ${version}`, instance: '' }),
    ),
    '',
    ...pages.filter((_, index) => answering[index]).map(({ url, what }) => `  ${what.padEnd(24)}${url}`),
    '',
    demo
      ? `  buy a ticket            curl -s -X POST ${gateway}/purchase`
      : `  see the events          curl -s ${gateway}/events`,
    ...(running.tracing ? ['  follow a request        npm run trace'] : []),
    `  organiser's key         ${running.organiser_key}   for ${gateway}/desk`,
    `  logs                    npm run logs   (${logDirectory})`,
    '',
    `Ready after ${secondsToReady.toFixed(1)} s. Ctrl-C stops everything.`,
  ].join('\n')
}

/** Debian's Prometheus has its graphs at another address; unpacked by an ordinary user it has none, but answers queries. */
async function cacheHitsGraph(prometheusUrl: string): Promise<string> {
  const expression = 'rate(cache_hits_total{instance=~".*"}[5m])'
  const graph = new URLSearchParams({ 'g0.expr': expression, 'g0.tab': '0', 'g0.range_input': '15m' })
  const candidates = [`${prometheusUrl}/classic/graph?${graph}`, `${prometheusUrl}/graph?${graph}`]
  for (const url of candidates) if (await answers(url)) return url
  return `${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expression })}`
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) })
    // Read to the end: an answer that is left half read keeps a process from stopping until its patience is over.
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
