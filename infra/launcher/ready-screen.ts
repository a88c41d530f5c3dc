import type { System } from './system.ts'

const answerWithinMs = 3_000

/** What the terminal shows when everything is ready: what runs, and only URLs that answer at this moment. */
export async function readyScreen(system: System, secondsToReady: number): Promise<string> {
  const { running, servers, logDirectory, demo } = system
  const [gateway = ''] = running.gateways
  const pages = [
    { url: `${gateway}/`, what: 'start page' },
    { url: `${gateway}/events`, what: 'upcoming events' },
    { url: `${gateway}/openapi.json`, what: 'the API, as OpenAPI' },
    { url: `${gateway}/metrics`, what: 'metrics for Prometheus' },
    ...running.gateways.slice(1).map((url) => ({ url: `${url}/`, what: 'another gateway' })),
    { url: `${running.payment_url}/ledger`, what: 'what the payment sandbox has charged' },
  ]
  if (running.prometheus_url) pages.push({ url: cacheHitsGraph(running.prometheus_url), what: 'cache hits per second' })
  const answering = await Promise.all(pages.map(({ url }) => answers(url)))
  const versions = new Map(servers.map(({ name, version }) => [name, version]))
  return [
    '',
    ...running.processes.map(({ name, instance, pid, port }) =>
      [
        '  ',
        (versions.has(name) ? `${name} ${versions.get(name)}` : name).padEnd(18),
        (versions.has(name) ? '' : instance).padEnd(18),
        (port === undefined ? '' : `port ${port}`).padEnd(12),
        `process ${pid}`,
      ].join(''),
    ),
    '',
    ...pages.filter((_, index) => answering[index]).map(({ url, what }) => `  ${url}   ${what}`),
    '',
    demo ? `  Buy a ticket:    curl -s -X POST ${gateway}/purchase` : `  See the events:  curl -s ${gateway}/events`,
    `  Organiser's key: ${running.organiser_key}`,
    `  Logs:            ${logDirectory}`,
    '',
    `Ready after ${secondsToReady.toFixed(1)} s. Ctrl-C stops everything.`,
  ].join('\n')
}

function cacheHitsGraph(prometheusUrl: string): string {
  const query = new URLSearchParams({
    'g0.expr': 'rate(cache_hits_total{instance=~".*"}[5m])',
    'g0.tab': '0',
    'g0.range_input': '15m',
  })
  return `${prometheusUrl}/graph?${query}`
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
