import { basename } from 'node:path'
import { seatCount } from '#shared/contracts/layout.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { ExplainedError } from '../../explained-error.ts'
import { type ProgressStream, progressBar } from '../../progress-bar.ts'
import type { Say } from '../../say.ts'
import { printable } from '../../terminal/printable.ts'
import type { ImportConfig, Price } from './config.ts'
import type { Catalogue } from './formats/catalogue.ts'
import type { SeatingPlan } from './formats/seating-plan.ts'
import { type CatalogueOutcome, importCatalogue } from './import-catalogue.ts'
import { importPlan } from './import-plan.ts'
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

type PricedPlan = SeatingPlan & { readonly price: Price }

interface ImportUnderWay {
  /** Of the file. */
  readonly name: string
  readonly config: ImportConfig
  readonly parts: ImportParts
  /** Gets one for each catalogue. */
  readonly outcomes: CatalogueOutcome[]
}

/** Imports file after file; one that fails is named and the others go on. Answers whether everything was stored. */
export async function runImport(config: ImportConfig, parts: ImportParts): Promise<boolean> {
  // Names and ids come from files.
  const say: Say = (line) => parts.say(printable(line))
  const outcomes: CatalogueOutcome[] = []
  let allStored = true
  for (const file of config.files) {
    if (parts.stopping.aborted) break
    const name = basename(file)
    const failed = (error: unknown): null => {
      if (!(error instanceof ExplainedError)) throw error
      allStored = false
      say(`${name}: ${error.message}`)
      return null
    }
    const source = await readFor(file, config).catch(failed)
    if (source === null) continue
    // A system that cannot be reached is no fault of this file: it ends the import.
    const bus = await parts.connect()
    const lines = await importSource(bus, source, { name, config, parts, outcomes }).catch(failed)
    // The first one goes behind the file's name.
    for (const [index, line] of (lines ?? []).entries()) say(index === 0 ? `${name}: ${line}` : `  ${line}`)
  }
  const total = totalOf(outcomes)
  if (outcomes.length > 0) say(`total: ${catalogueSummary(total)}`)
  return allStored && total.refusals.length === 0 && !parts.stopping.aborted
}

async function readFor(file: string, { seating }: ImportConfig): Promise<Catalogue | PricedPlan> {
  const source = await readSourceFile(file)
  if (source.kind === 'catalogue') return source
  if (seating.price !== null) return { ...source, price: seating.price }
  throw new ExplainedError('is a seating plan: say what a seat costs, such as --price 5000EUR for 50.00 EUR')
}

/** Answers the lines of the report. */
async function importSource(
  bus: Bus,
  source: Catalogue | PricedPlan,
  { name, config, parts, outcomes }: ImportUnderWay,
): Promise<string[]> {
  const progress = progressBar(parts.terminal, printable(name))
  try {
    if (source.kind === 'plan') {
      const { price } = source
      progress.show(0, seatCount(source.layout))
      const event = await importPlan(bus, source, { choices: config.seating, price, now: new Date() })
      return planLines(source, event, { price, gatewayUrl: config.gatewayUrl })
    }
    const options = { reschedule: config.reschedule, stopping: parts.stopping, onProgress: progress.show }
    const outcome = await importCatalogue(bus, source, options)
    outcomes.push(outcome)
    return [catalogueSummary(outcome), ...refusalLines(outcome)]
  } finally {
    progress.clear()
  }
}
