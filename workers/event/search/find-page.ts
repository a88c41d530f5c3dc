import type { Queryable } from '#shared/database/postgres.ts'
import {
  collectEvents,
  type EventList,
  findInTurn,
  type ListConditions,
  type ListOrder,
  type Place,
  type Step,
  walkByPrice,
} from '../store/find-events.ts'
import { findVenues, type VenueConditions } from '../store/venues-in-reach.ts'
import { addDays, daysBetween, earliestToday, laterDate, today } from './day-cover.ts'
import { anywhere, fitsOf } from './fits.ts'
import { findNearest, findNearestAmong } from './nearest-events.ts'
import type { PagePosition } from './page-cursor.ts'
import { type ListDates, stretchesFor } from './stretches.ts'
import { type QueryWord, splitTerms, type Term, termQuery, wholeText } from './terms.ts'
import { cheapestAccess, type Estimate, usualDays, waysFor } from './ways.ts'

/** What a list is about. */
export interface Question {
  readonly listed: Omit<ListConditions, 'venues'>
  readonly venues: VenueConditions
  /** What is asked of performer, venue, city and type. */
  readonly filters: readonly Term[]
  /** Of the keyword; all have to stand somewhere. */
  readonly words: readonly QueryWord[]
  /** All of it, folded; '' where none was given. */
  readonly keyword: string
  readonly order: ListOrder | 'relevance'
  /** Of all events, and of those with a performer whose name is the keyword; more or less. */
  readonly events: number
  readonly performersOfThatName: number
}

export interface PageWanted {
  readonly after: PagePosition | undefined
  /** Results from there on. */
  readonly wanted: number
  /** Whether the events are read along. */
  readonly shown: boolean
}

/* Chosen by measurements at 1,000,000 events of `bench -- search`; within a factor of two they hardly matter. */

/** Up to so many events are collected, and their distances calculated, rather than looked for at thousands of venues. */
const rareEvents = 10_000
/** Entries of words that begin alike are gathered before anything is found, which costs so many times as much as reading them. */
const gathering = 3
/** So many times what is wanted is to be expected of the steps that are tried first. */
const enoughPages = 2
/** Below so many events and entries of the index all fits are looked at together. */
const fewEvents = 300
/** Two indexes whose entries cost this much, in events, are rather read once for all fits than once for each. */
const maxCostOfBoth = 4_000

/** Places in the list from `after` on. */
export async function findPage(db: Queryable, question: Question, page: PageWanted): Promise<Place[]> {
  const list = await listOf(db, question, page)
  const terms = anywhere(question.words)
  if (list === null || terms === null) return []
  const estimate = estimateFor(question, list, terms)
  if (question.order === 'distance') return await byDistance(db, list, estimate)
  if (question.order === 'price') return await byPrice(db, list, estimate)
  if (question.order === 'date') return await findSteps(db, list, stepsOf(list, estimate, 0))
  return await byFit(db, question, list, estimate)
}

/** `null` when no venue is in reach, or a word stands nowhere. */
export async function listOf(
  db: Queryable,
  question: Question,
  { after, wanted, shown }: PageWanted,
): Promise<EventList | null> {
  const { listed, venues, filters, words, order, events } = question
  const isAboutVenues = venues.country !== undefined || venues.circle !== undefined
  const from = order === 'distance' ? after?.key : undefined
  const ofWords = anywhere(words)
  const inReach = isAboutVenues ? await findVenues(db, venues, from === undefined ? {} : { from }) : null
  if (inReach?.ids.length === 0 || ofWords === null) return null
  return {
    ...listed,
    ...termsOf([...filters, ...ofWords], events),
    share: shareOf([...filters, ...ofWords], events),
    venues: inReach === null ? null : { ...venues, inReach },
    order: order === 'relevance' ? 'date' : order,
    fits: [],
    without: null,
    after,
    limit: wanted,
    shown,
  }
}

/** Tries one way after the other, until the page is full or nothing is left out. */
async function byPrice(db: Queryable, list: EventList, estimate: Estimate): Promise<Place[]> {
  let places: Place[] = []
  for (const [index, way] of waysFor(estimate).entries()) {
    if (way.by !== 'walking') return await collectEvents(db, list, cheapestAccess(estimate).by, index > 0)
    const walked = await walkByPrice(db, list, way.limit)
    places = walked.places
    if (!walked.cutShort) break
  }
  return places
}

/** The nearest first: of few events all at once, else venue by venue, unless that leads far. */
async function byDistance(db: Queryable, list: EventList, estimate: Estimate): Promise<Place[]> {
  const venues = venuesOf(list)
  const { complete } = venues.inReach
  const { by, cost } = cheapestAccess(estimate)
  const isFew = cost <= (complete ? fewEvents : rareEvents)
  if (isFew && (complete || list.terms !== null)) return await collectEvents(db, list, by)
  const isFoundByIndex = list.terms !== null || estimate.priced
  if (complete || !isFoundByIndex) return await findNearest(db, list, venues)
  const near = await findNearestAmong(db, list, venues.inReach)
  // What a thousand venues have too little of, an index finds sooner than all others behind them.
  return near.length === list.limit ? near : await collectEvents(db, list, by, estimate.priced)
}

/** The best fits first: of few events all at once, else one after the other and no further than the page. */
async function byFit(db: Queryable, question: Question, list: EventList, all: Estimate): Promise<Place[]> {
  const fits = fitsOf(question.words, wholeText(question.keyword), question.performersOfThatName)
  const access = cheapestAccess(all)
  const isFew = access.by === 'both' && access.remaining <= 2 * fewEvents && access.cost <= maxCostOfBoth
  if (access.cost <= fewEvents || isFew) {
    const queries = fits.map((terms) => (terms === null ? null : termQuery(terms)))
    return await collectEvents(db, { ...list, fits: queries }, access.by)
  }
  const { after } = list
  const steps: LikelyStep[] = []
  const better: string[] = []
  let likelyBefore = 0
  for (const [index, terms] of fits.entries()) {
    if (terms === null) continue
    const ofFit: EventList = {
      ...list,
      ...termsOf([...question.filters, ...terms], question.events),
      without: better.length === 0 ? null : better.join(' | '),
      after: index === after?.fit ? after : undefined,
    }
    better.push(`(${termQuery(terms)})`)
    const estimate = estimateFor(question, ofFit, terms)
    const unranked = Math.max(1, estimate.likely - likelyBefore)
    likelyBefore = Math.max(likelyBefore, estimate.likely)
    if (index >= (after?.fit ?? 0)) steps.push(...stepsOf(ofFit, { ...estimate, unranked }, index))
  }
  return await findSteps(db, list, steps)
}

interface LikelyStep extends Step {
  /** How many events it finds, if words come together by chance. */
  readonly likely: number
}

/** The ways to what has the terms of a list by date, from its beginning to its end. */
function stepsOf(list: EventList, estimate: Estimate, fit: number): LikelyStep[] {
  const { terms, termsOnRows, without, after } = list
  const dates = datesOf(list, estimate.events)
  const share = estimate.venueShare * Math.min(1, estimate.inRange / estimate.events)
  const stretches = stretchesFor(waysFor(estimate), dates)
  const { by } = cheapestAccess(estimate)
  return stretches.map((stretch, index) => {
    const collectsRest = stretch.by === 'collecting' && stretch.isRest
    return {
      fit,
      terms,
      termsOnRows,
      without,
      stretch: collectsRest && by === 'venues' ? { ...stretch, by } : stretch,
      byPrices: collectsRest && index > 0,
      byVenues: collectsRest && by !== 'terms',
      after,
      // A window is chosen for more than a page.
      likely: index < stretches.length - 1 ? enoughPages * list.limit : (estimate.unranked ?? estimate.likely) * share,
    }
  })
}

function termsOf(terms: readonly Term[], events: number): Pick<EventList, 'terms' | 'termsOnRows'> {
  const { indexed, onRows } = splitTerms(terms, events)
  return { terms: queryOf(indexed), termsOnRows: queryOf(onRows) }
}

/** 0 without terms. */
function shareOf(terms: readonly Term[], events: number): number {
  if (terms.length === 0) return 0
  return terms.reduce((share, term) => share * Math.min(1, term.events / events), 1)
}

function queryOf(terms: readonly Term[]): string | null {
  return terms.length === 0 ? null : termQuery(terms)
}

function datesOf({ upcoming, start, end, after }: EventList, events: number): ListDates {
  // A cursor is not signed: it may name any date.
  const asked = after === undefined ? start : laterDate(after.startsOn, start)
  return {
    first: upcoming ? laterDate(earliestToday(), asked) : (asked ?? null),
    // Where it is still yesterday, hardly anything is left of that.
    windowsFrom: upcoming ? laterDate(today(), asked) : (asked ?? today()),
    behind: end === undefined ? null : addDays(end, 1),
    events,
  }
}

/** The first steps of which a full page is to be expected in one statement, and then, where they disappointed, all others. */
async function findSteps(db: Queryable, list: EventList, steps: readonly LikelyStep[]): Promise<Place[]> {
  let likely = 0
  const enough = steps.findIndex((step) => {
    likely += step.likely
    return likely >= enoughPages * list.limit
  })
  const first = enough < 0 ? steps : steps.slice(0, enough + 1)
  const places: Place[] = []
  for (const some of [first, steps.slice(first.length)]) {
    if (some.length === 0 || places.length >= list.limit) break
    places.push(...(await findInTurn(db, { ...list, limit: list.limit - places.length }, some)))
  }
  return places
}

function venuesOf({ venues }: EventList): NonNullable<EventList['venues']> {
  if (venues === null) throw new Error('nothing was asked of venues')
  return venues
}

function estimateFor(question: Question, { venues, limit, order }: EventList, ofWords: readonly Term[]): Estimate {
  const { events, listed } = question
  const terms = [...question.filters, ...ofWords]
  const anything = terms.length === 0
  const likely = events * shareOf(terms, events)
  const atMost = Math.min(events, ...terms.map((term) => term.events))
  return {
    events,
    likely: anything ? Number.POSITIVE_INFINITY : likely,
    atMost: anything ? Number.POSITIVE_INFINITY : atMost,
    entries: splitTerms(terms, events).indexed.reduce(
      (sum, term) => sum + gathering * term.entries,
      anything ? 0 : atMost,
    ),
    venueShare: venues?.inReach.share ?? 1,
    venues: venues?.inReach.complete ? venues.inReach.ids.length : Number.POSITIVE_INFINITY,
    inRange: eventsBetween(listed, events),
    wanted: limit,
    byDate: order === 'date',
    priced: listed.minPriceMinor !== undefined || listed.maxPriceMinor !== undefined,
  }
}

/** Roughly how many events the dates leave over. */
function eventsBetween({ start, end }: Pick<ListConditions, 'start' | 'end'>, events: number): number {
  if (end === undefined) return events
  const days = daysBetween(start ?? today(), end) + 1
  return events * Math.min(1, Math.max(0, days) / usualDays)
}
