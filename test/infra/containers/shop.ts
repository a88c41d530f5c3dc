import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask } from '../../support/http.ts'
import { askPrometheus } from '../../support/prometheus.ts'
import { until } from '../../support/until.ts'
import type { ComposeFile } from '../deployment/compose-file.ts'
import type { Engine } from './engine.ts'

/** What somebody saw who came to the machine's published ports. */
export interface ShopFacts {
  readonly events: number
  readonly purchase: string
  readonly bookings: number
  /** The first that an open stream of the event's seats says. */
  readonly stream: string
  /** Links of the start pages that do not answer, with their status; and whether these pages name the port that they were asked at. */
  readonly deadLinks: readonly string[]
  readonly namesItsPort: boolean
  /** Targets of the four Prometheus that are not up, without those that are not run. */
  readonly blindTargets: readonly string[]
  readonly jobs: readonly string[]
  /** Labels of the alerts that Alertmanager has after the auditor was stopped. */
  readonly alerts: readonly Readonly<Record<string, string>>[]
  readonly eventsAfterImport: number
  readonly backup: string
}

const patience = { timeoutMs: 45_000, everyMs: 500 }

/** Buys, looks around, imports and backs up, at last stops the auditor. */
export async function shop(engine: Engine, file: ComposeFile): Promise<ShopFacts> {
  const at = (service: string): string => `http://localhost:${file.services[service]?.ports?.[0]?.published}`
  const edge = at('edge')
  const countEvents = async (): Promise<number> => (await answered(() => ask(`${edge}/events?limit=100`))).items.length
  const events = await countEvents()
  const purchase = await answered(() => ask(`${edge}/purchase`, { method: 'POST' }))
  const bookings = await answered(() => ask(`${edge}/bookings?user_id=${purchase.user_id}`))
  const stream = await beginningOf(`${edge}/events/${purchase.event_id}/seats/stream`)
  const pages = await startPages(edge)
  const targets = await watchedTargets(
    ['local-1', 'local-2', 'global-1', 'global-2'].map((name) => at(`prometheus-${name}`)),
  )
  await engine.up('import', ['events.ndjson'])
  await engine.up('backup')
  await engine.stop('auditor')
  return {
    events,
    purchase: purchase.status,
    bookings: bookings.items.length,
    stream,
    ...pages,
    ...targets,
    alerts: await alertsAbout('auditor', at('alertmanager')),
    eventsAfterImport: await countEvents(),
    backup: engine.output('backup'),
  }
}

/**
 * The body of an answer; a machine that is busy with the start of twenty services may refuse at first, and says so by 503. A retry
 * comes less often than the ten purchases a minute that one buyer may make.
 */
async function answered(question: () => Promise<Answer>): Promise<Answer['body']> {
  let answer = await question()
  for (let times = 1; answer.status === 503 && times < 20; times += 1) {
    await sleep(7_000)
    answer = await question()
  }
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.text}`)
  return answer.body
}

async function beginningOf(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  // Leaving the loop leaves the stream.
  for await (const part of response.body ?? []) return new TextDecoder().decode(part).slice(0, 200)
  return `nothing, with status ${response.status}`
}

async function startPages(edge: string): Promise<Pick<ShopFacts, 'deadLinks' | 'namesItsPort'>> {
  const links = new Set<string>()
  let said = ''
  for (const path of ['/', '/running']) {
    const page = await fetch(edge + path, { signal: AbortSignal.timeout(10_000) })
    if (!page.ok) continue
    const html = await page.text()
    said += html
    for (const [, link = ''] of html.matchAll(/(?:href|src)="(\/[^"]*)"/g)) links.add(link.replaceAll('&amp;', '&'))
  }
  const deadLinks: string[] = []
  // One after the other, as a reader follows them: nothing is cached yet, and all at once are a load that times out on a busy machine.
  for (const link of links) {
    const { status } = await fetch(edge + link, { signal: AbortSignal.timeout(10_000) })
    // Bookings are a buyer's own: without a token their page says where to sign in.
    if (status >= 400 && !(link === '/shop/bookings' && status === 401)) deadLinks.push(`${link} ${status}`)
  }
  return { deadLinks, namesItsPort: said.includes(`${edge}/purchase`) }
}

interface Target {
  readonly labels: Readonly<Record<string, string>>
  readonly health: string
  readonly lastError: string
  readonly scrapeUrl: string
}

/** Waits until all targets that could be up are up, or for no longer. */
async function watchedTargets(urls: readonly string[]): Promise<Pick<ShopFacts, 'blindTargets' | 'jobs'>> {
  const all = async (): Promise<Target[]> => {
    const answers = await Promise.all(urls.map((url) => askPrometheus<{ activeTargets: Target[] }>(url, 'targets')))
    return answers.flatMap(({ activeTargets }) => activeTargets)
  }
  const isNotRun = ({ labels }: Target): boolean => ['nats', 'otel-collector'].includes(labels.job ?? '')
  const blind = async (): Promise<Target[]> =>
    (await all()).filter((target) => target.health !== 'up' && !isNotRun(target))
  await until('every target is up', async () => (await blind()).length === 0, patience).catch(() => undefined)
  const blindTargets = (await blind()).map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`)
  return { blindTargets, jobs: [...new Set((await all()).map(({ labels }) => labels.job ?? ''))].sort() }
}

/** What Alertmanager has about a job, once it has something. */
async function alertsAbout(job: string, url: string): Promise<Readonly<Record<string, string>>[]> {
  const alerts = async (): Promise<Readonly<Record<string, string>>[]> => {
    const answer = await fetch(`${url}/api/v2/alerts`, { signal: AbortSignal.timeout(5_000) })
    const all = (await answer.json()) as { labels: Readonly<Record<string, string>> }[]
    return all.map(({ labels }) => labels).filter((labels) => labels.job === job)
  }
  await until('an alert comes', async () => (await alerts()).length > 0, patience).catch(() => undefined)
  return alerts()
}
