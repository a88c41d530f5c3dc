import type { FieldError } from '#shared/errors.ts'
import { deskEntrance } from '../views/desk/desk-entrance.ts'
import type { DeskEvent } from '../views/desk/event-state.ts'
import { type FieldFaults, type NewEventForm, newArea, newSection, requestOf } from '../views/desk/new-event-form.ts'
import { type DeskNewEventState, deskNewEventPage } from '../views/desk/new-event-page.ts'
import { count } from '../views/format.ts'
import * as words from '../views/words/desk-new-event.ts'
import type { Fault } from './api.ts'
import { askOnce, isTransient } from './ask-once.ts'
import { focusAfterUpdate } from './island.ts'
import { faultText, type StaffPage, startStaffPage } from './staff.ts'

/** A new event is typed, and saved as a draft. */

const desk: StaffPage<DeskNewEventState> = startStaffPage<DeskNewEventState>({
  entrance: deskEntrance,
  view: deskNewEventPage,
  load,
  actions: {
    add: (_, { dataset }) => add(dataset.kind as RowKind),
    remove: (_, { dataset }) => remove(dataset.kind as RowKind, Number(dataset.index)),
    save: (_, form) => save(form as HTMLFormElement),
  },
})
const { island } = desk
type RowKind = 'sections' | 'areas'

island.set({
  form: { ...island.state.form, tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
  zones: Intl.supportedValuesOf('timeZone'),
  currencies: Intl.supportedValuesOf('currency'),
})

document.querySelector('main')?.addEventListener('input', ({ target }) => {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
  if (!isField || target.form?.id !== 'new-event') return
  const faults = Object.entries(island.state.faults).filter(([name]) => !dependsOn(name, target.name))
  island.set({ form: typedIn(target.form), faults: Object.fromEntries(faults) })
})

/** The form as it was shown first: with no more than that, nothing is lost. */
const untouched = JSON.stringify(island.state.form)
let isSaved = false

addEventListener('beforeunload', (event) => {
  if (!isSaved && JSON.stringify(island.state.form) !== untouched) event.preventDefault()
})

/** Asks whether somebody is signed in. */
async function load(): Promise<void> {
  const answer = await desk.read('/admin/events?limit=1')
  island.set({ fault: answer.ok ? null : faultText(answer.problem) })
  if (island.state.problem !== null) focusAfterUpdate('#problem')
}

function typedIn(form: HTMLFormElement): NewEventForm {
  const data = new FormData(form)
  const text = (name: string): string => String(data.get(name) ?? '')
  const { sections, areas } = island.state.form
  return {
    name: text('/name'),
    type: text('/type'),
    performers: text('/performers'),
    description: text('/description'),
    venue: text('/venue/name'),
    city: text('/venue/city'),
    country: text('/venue/country'),
    tz: text('/venue/tz'),
    startsOn: text('/starts_on'),
    startsAt: text('/starts_at_local'),
    startsSecond: data.has('starts_second'),
    currency: text('/currency'),
    sections: sections.map((_, index) => ({
      name: text(`/sections/${index}/name`),
      rows: text(`/sections/${index}/rows`),
      seatsPerRow: text(`/sections/${index}/seats_per_row`),
      price: text(`/sections/${index}/price_minor`),
      accessible: data.has(`/sections/${index}/accessible`),
    })),
    areas: areas.map((_, index) => ({
      name: text(`/areas/${index}/name`),
      capacity: text(`/areas/${index}/capacity`),
      price: text(`/areas/${index}/price_minor`),
    })),
    opensAt: text('/on_sale_at'),
    opensSecond: data.has('opens_second'),
    limit: text('/max_tickets_per_user'),
  }
}

function add(kind: RowKind): void {
  const { form, isSaving } = island.state
  if (isSaving) return
  island.set({
    form:
      kind === 'sections'
        ? { ...form, sections: [...form.sections, newSection] }
        : { ...form, areas: [...form.areas, newArea] },
  })
  focusAfterUpdate(`#${kind}-${form[kind].length} input`)
}

/** Later rows move up: faults, also those of an answer under way, would stand at the wrong ones. */
function remove(kind: RowKind, index: number): void {
  const { form, isSaving } = island.state
  if (isSaving) return
  island.set({ form: { ...form, [kind]: form[kind].toSpliced(index, 1) }, faults: {} })
  focusAfterUpdate(`#add-${kind}`)
}

async function save(element: HTMLFormElement): Promise<void> {
  if (island.state.isSaving) return
  const form = typedIn(element)
  const converted = requestOf(form, new Date())
  const unfinished = unfinishedIn(element)
  if ('faults' in converted || Object.keys(unfinished).length > 0) {
    showFaults({ ...('faults' in converted && converted.faults), ...unfinished })
    return
  }
  island.set({ form, isSaving: true, faults: {}, problem: null })
  const body = converted.request
  const answer = desk.heed(await askOnce<DeskEvent>({ method: 'POST', path: '/admin/events', body }))
  // The page stays busy until the next one is shown: a second press must not make a second event.
  if (answer.ok) {
    isSaved = true
    location.assign(`/desk/events/${encodeURIComponent(answer.value.id)}`)
  } else showRefusal(answer.problem, element)
}

/** A date or time of which only a part is filled in has no value, as if it were left empty. */
function unfinishedIn(form: HTMLFormElement): FieldFaults {
  const inputs = [...form.querySelectorAll('input')].filter(({ validity }) => validity.badInput)
  return Object.fromEntries(inputs.map(({ name }) => [name, words.unfinished]))
}

/** A price depends on its currency, and times on date and zone. */
function dependsOn(name: string, changed: string): boolean {
  if (changed === '/currency') return name === changed || name.endsWith('/price_minor')
  const isTime = ['/starts_on', '/starts_at_local', '/on_sale_at'].includes(name)
  return name === changed || (isTime && (changed === '/venue/tz' || changed === '/starts_on'))
}

function showRefusal(problem: Fault, form: HTMLFormElement): void {
  island.set({ isSaving: false })
  if (problem.status === 401 || isTransient(problem)) {
    const said =
      problem.status === 401
        ? { title: words.notSaved, text: words.saveAgain }
        : { title: words.maybeSaved, text: words.maybeSavedText }
    island.set({ faults: {}, problem: said })
    focusAfterUpdate('#problem')
    return
  }
  const errors = problem.code === 'validation_failed' ? ((problem.errors ?? []) as FieldError[]) : []
  const faults = Object.fromEntries(errors.flatMap((error) => faultAt(error, form)))
  // An error of no field stands above the form, with the words of the gateway.
  const others = errors.filter((error) => faultAt(error, form).length === 0).map(({ detail }) => capitalised(detail))
  const said = errors.length > 0 ? others.join(' ') : faultText(problem)
  if (said !== null && said !== '') {
    island.set({ faults, problem: { title: words.notSaved, text: words.stillHere(said) } })
    focusAfterUpdate('#problem')
  } else showFaults(faults)
}

/** The field of an error, and what to say there: `detail` without the name with which it begins. */
function faultAt({ pointer, detail }: FieldError, form: HTMLFormElement): [string, string][] {
  const sentence = capitalised(detail.slice(detail.indexOf(' ') + 1))
  // Otherwise the page sends only valid ones; the gateway's texts name `off_sale_at`, which has no field here, and minor units.
  if (pointer === '/on_sale_at') return [[pointer, words.opensTooLate]]
  if (pointer.endsWith('/price_minor')) return [[pointer, words.priceTooHigh]]
  const [, performer] = /^\/performers\/(\d+)$/.exec(pointer) ?? []
  if (performer !== undefined) {
    return [['/performers', words.performer(count(Number(performer) + 1, island.state.language), sentence)]]
  }
  return form.elements.namedItem(pointer) === null ? [] : [[pointer, sentence]]
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function showFaults(faults: FieldFaults): void {
  island.set({ faults, problem: null })
  focusAfterUpdate('#new-event [aria-invalid]')
}
