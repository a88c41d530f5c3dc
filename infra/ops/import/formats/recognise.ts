import { ExplainedError } from '../../../explained-error.ts'
import type { Catalogue } from './catalogue.ts'
import { readDiscovery } from './discovery.ts'
import { readFlatEvents } from './flat-events.ts'
import { readPlaceGeometry } from './place-geometry.ts'
import { readPretixPlan } from './pretix-plan.ts'
import type { SeatingPlan } from './seating-plan.ts'
import { readStandsAndRows } from './stands-and-rows.ts'

/**
 * Reads a file's text as whichever format it is in; `fallbackName` is for plans that name no house. Throws `ExplainedError`
 * when it is in none, or broken.
 */
export function readSource(text: string, { fallbackName }: { fallbackName: string }): Catalogue | SeatingPlan {
  const json = parseJson(text)
  if (json === undefined) return readFlatEvents(parseLines(text))
  if (Array.isArray(json)) return readArray(json)
  if (has(json, 'zones') && has(json, 'categories')) return readPretixPlan(json)
  if (has(json, 'pages') && has(json, 'totalPlaces')) return readPlaceGeometry(json)
  if (has(json, 'stands')) return readStandsAndRows(json, fallbackName)
  if (isFlatEvent(json)) return readFlatEvents([json])
  if (isDiscoveryEvent(json)) return readDiscovery([json])
  if (isDiscoveryPage(json)) return readDiscovery(json._embedded.events)
  throw unknownFormat()
}

function readArray(items: readonly unknown[]): Catalogue {
  if (items.length === 0 || items.some(isDiscoveryEvent)) return readDiscovery(items)
  if (items.some(isFlatEvent)) return readFlatEvents(items)
  throw unknownFormat()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // A catalogue of one object a line is no JSON either; its first line tells.
    if (isFlatEvent(parseLine(firstLine(text)))) return undefined
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

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] ?? ''
}

function isFlatEvent(value: unknown): boolean {
  return has(value, 'eventName') && has(value, 'venueName')
}

function isDiscoveryEvent(value: unknown): boolean {
  return has(value, 'dates') && has(value, 'id')
}

function isDiscoveryPage(value: unknown): value is { _embedded: { events: unknown[] } } {
  return has(value, '_embedded') && has(value._embedded, 'events') && Array.isArray(value._embedded.events)
}

function has<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return value instanceof Object && Object.hasOwn(value, key)
}

function unknownFormat(): ExplainedError {
  return new ExplainedError(
    'is in none of the known formats: Ticketmaster Discovery v2, flat events (one JSON object a line), pretix seating plan, ' +
      'Ticketmaster place detail, stands and rows',
  )
}
