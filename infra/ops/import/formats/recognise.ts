import { z } from 'zod'
import { ExplainedError } from '../../../explained-error.ts'
import type { Catalogue } from './catalogue.ts'
import { readDiscovery } from './discovery.ts'
import { readFlatEvents } from './flat-events.ts'
import { readPlaceGeometry } from './place-geometry.ts'
import { readPretixPlan } from './pretix-plan.ts'
import type { SeatingPlan } from './seating-plan.ts'
import { readStandsAndRows } from './stands-and-rows.ts'

interface Format<Read> {
  readonly name: string
  /** The members of an object by which it is known. */
  readonly members: readonly string[]
  readonly read: Read
}

const flatEvents: Format<typeof readFlatEvents> = {
  name: 'flat events (one JSON object a line)',
  members: ['eventName', 'venueName'],
  read: readFlatEvents,
}

/** An event alone, or several in an array. */
const catalogues: readonly Format<(events: readonly unknown[]) => Catalogue>[] = [
  { name: 'Ticketmaster Discovery v2', members: ['dates', 'id'], read: readDiscovery },
  flatEvents,
]

const plans: readonly Format<(json: unknown, fallbackName: string) => SeatingPlan>[] = [
  { name: 'pretix seating plan', members: ['zones', 'categories'], read: readPretixPlan },
  { name: 'Ticketmaster place detail', members: ['pages', 'totalPlaces'], read: readPlaceGeometry },
  { name: 'stands and rows', members: ['stands'], read: readStandsAndRows },
]

const discoveryPage = z.object({ _embedded: z.object({ events: z.array(z.unknown()) }) })

/**
 * Reads a file's text as whichever format it is in; `fallbackName` is for plans that name no house. Throws `ExplainedError`
 * when it is in none, or broken.
 */
export function readSource(text: string, { fallbackName }: { fallbackName: string }): Catalogue | SeatingPlan {
  const json = parseJson(text)
  if (json === undefined) return readFlatEvents(parseLines(text))
  const plan = plans.find((format) => isIn(format, json))
  if (plan !== undefined) return plan.read(json, fallbackName)
  const events = Array.isArray(json) ? json : [json]
  const catalogue = catalogues.find((format) => events.some((event) => isIn(format, event)))
  if (catalogue !== undefined) return catalogue.read(events)
  if (events.length === 0) return readDiscovery([])
  const page = discoveryPage.safeParse(json)
  if (page.success) return readDiscovery(page.data._embedded.events)
  const names = [...catalogues, ...plans].map(({ name }) => name).join(', ')
  throw new ExplainedError(`is in none of the known formats: ${names}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // A catalogue of one object a line is no JSON either; its first line tells.
    const firstLine = parseLine(text.trimStart().split('\n', 1)[0] ?? '')
    if (isIn(flatEvents, firstLine)) return undefined
    throw new ExplainedError(`is not JSON: ${(error as Error).message}`)
  }
}

function parseLines(text: string): unknown[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parseLine(line)]))
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isIn({ members }: { readonly members: readonly string[] }, value: unknown): boolean {
  return value instanceof Object && members.every((member) => Object.hasOwn(value, member))
}
