import { basename } from 'node:path'
import type { Bus } from '#shared/messaging/bus.ts'
import { ExplainedError } from '../explained-error.ts'
import type { Say } from '../say.ts'
import type { ImportConfig } from './config.ts'
import type { Catalogue } from './formats/catalogue.ts'
import type { SeatingPlan } from './formats/seating-plan.ts'
import { type CatalogueOutcome, importCatalogue } from './import-catalogue.ts'
import { importPlan } from './import-plan.ts'
import { type ProgressStream, progressBar } from './progress-bar.ts'
import { readSourceFile } from './read-source-file.ts'
import { catalogueSummary, planLines, refusalLines, totalOf } from './report.ts'

export interface ImportParts {
  /** Called before the first readable file is imported: broken ones alone need no system. */
  connect(): Promise<Bus>
  readonly say: Say
  readonly terminal: ProgressStream
  /** Aborted when the import is to be given up: what is on its way is still waited for. */
  readonly stopping: AbortSignal
}

/** Imports file after file; one that fails is named and the others go on. Answers whether everything was stored. */
export async function runImport(config: ImportConfig, parts: ImportParts): Promise<boolean> {
  const say: Say = (line) => parts.say(printable(line))
  const outcomes: CatalogueOutcome[] = []
  let failedFiles = 0
  for (const file of config.files) {
    if (parts.stopping.aborted) break
    const name = basename(file)
    const fail = (error: unknown): null => {
      if (!(error instanceof ExplainedError)) throw error
      failedFiles += 1
      say(`${name}: ${error.message}`)
      return null
    }
    const source = await readSourceFile(file).catch(fail)
    if (source === null) continue
    const bus = await parts.connect()
    if (source.kind === 'plan') {
      const lines = await attachPlan(bus, source, config).catch(fail)
      for (const [index, line] of (lines ?? []).entries()) say(index === 0 ? `${name}: ${line}` : line)
      continue
    }
    const outcome = await storeEvents(bus, source, { name, config, parts }).catch(fail)
    if (outcome === null) continue
    outcomes.push(outcome)
    say(`${name}: ${catalogueSummary(outcome)}`)
    for (const line of refusalLines(outcome)) say(line)
  }
  const total = totalOf(outcomes)
  if (outcomes.length > 0) say(`total: ${catalogueSummary(total)}`)
  return !parts.stopping.aborted && failedFiles === 0 && total.refusals.length === 0
}

async function storeEvents(
  bus: Bus,
  catalogue: Catalogue,
  { name, config, parts }: { name: string; config: ImportConfig; parts: ImportParts },
): Promise<CatalogueOutcome> {
  const progress = progressBar(parts.terminal, printable(name))
  try {
    return await importCatalogue(bus, catalogue, {
      reschedule: config.reschedule,
      stopping: parts.stopping,
      onProgress: (done, total) => progress.show(done, total),
    })
  } finally {
    progress.clear()
  }
}

async function attachPlan(bus: Bus, plan: SeatingPlan, { seating, gatewayUrl }: ImportConfig): Promise<string[]> {
  const { price } = seating
  if (price === null) {
    throw new ExplainedError('is a seating plan: say what a seat costs, such as --price 5000EUR for 50.00 EUR')
  }
  const event = await importPlan(bus, plan, { choices: { ...seating, price }, now: new Date() })
  return planLines(plan, event, { price, gatewayUrl })
}

/** Names and ids come from files; none of them may move the terminal's cursor. */
function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, ' ')
}
