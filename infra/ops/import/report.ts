import type { Layout } from '#shared/contracts/layout.ts'
import { formatMinor } from '#shared/money.ts'
import type { ImportConfig, Price } from './config.ts'
import { type Quirk, quirks } from './formats/catalogue.ts'
import { counted, describeLayout, gaTicketCount, type SeatingPlan } from './formats/seating-plan.ts'
import type { CatalogueOutcome } from './import-catalogue.ts'
import type { SeatedEvent } from './import-plan.ts'

/** More of them would push the summary off the screen. */
const maxRefusalLines = 100

/** `read 362, stored 362, changed 0, unchanged 0, no time 12, …`: what happened always, the rest where there is any. */
export function catalogueSummary(outcome: CatalogueOutcome): string {
  const { read, stored, changed, unchanged, repeated, refusals } = outcome
  const happened = `read ${read}, stored ${stored}, changed ${changed}, unchanged ${unchanged}`
  const sometimes: [string, number][] = [
    ['refused', refusals.length],
    ['repeated', repeated],
    ...quirks.map((quirk): [Quirk, number] => [quirk, outcome.quirks.get(quirk) ?? 0]),
  ]
  return [happened, ...sometimes.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`)].join(', ')
}

/** The outcomes of several files as one. */
export function totalOf(outcomes: readonly CatalogueOutcome[]): CatalogueOutcome {
  const sum = (countOf: (outcome: CatalogueOutcome) => number) =>
    outcomes.reduce((total, each) => total + countOf(each), 0)
  return {
    read: sum(({ read }) => read),
    stored: sum(({ stored }) => stored),
    changed: sum(({ changed }) => changed),
    unchanged: sum(({ unchanged }) => unchanged),
    repeated: sum(({ repeated }) => repeated),
    refusals: outcomes.flatMap(({ refusals }) => refusals),
    quirks: new Map(quirks.map((quirk) => [quirk, sum((outcome) => outcome.quirks.get(quirk) ?? 0)])),
  }
}

/** One line for each record that could not be stored. */
export function refusalLines({ refusals }: CatalogueOutcome): string[] {
  const lines = refusals.slice(0, maxRefusalLines).map(({ sourceId, reason }) => `refused ${sourceId}: ${reason}`)
  return refusals.length > lines.length ? [...lines, `… and ${refusals.length - lines.length} more`] : lines
}

/** What the file holds, then what became of it and the commands that show it. */
export function planLines(
  plan: SeatingPlan,
  event: SeatedEvent,
  { price, gatewayUrl }: { price: Price } & Pick<ImportConfig, 'gatewayUrl'>,
): string[] {
  const url = `${gatewayUrl}/events/${event.id}`
  const body = JSON.stringify({ user_id: '125', best_available: { qty: 2 } })
  return [
    `${plan.format} "${plan.layout.name}": ${describeLayout(plan.layout)}`,
    ...plan.notes,
    `event ${event.id} "${event.name}", ${event.starts_on}`,
    `${placesText(plan.layout, event)} at ${formatMinor(price.minor, price.currency)}, ${saleText(event)}`,
    `view it:        curl ${url}`,
    `hold two seats: curl -X POST ${url}/holds -H 'Content-Type: application/json' -d '${body}'`,
  ]
}

function placesText(layout: Layout, event: SeatedEvent): string {
  const seats = `${counted(event.seat_count)} seats`
  return layout.areas.length > 0 ? `${seats} and ${counted(gaTicketCount(layout))} GA tickets` : seats
}

function saleText({ sale }: SeatedEvent): string {
  if (sale.status === 'on_sale') return 'on sale'
  return sale.on_sale_at === null ? 'not on sale' : `on sale from ${sale.on_sale_at}`
}
