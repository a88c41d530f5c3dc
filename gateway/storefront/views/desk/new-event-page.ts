import { count, sum } from '../format.ts'
import { type Html, html } from '../html.ts'
import { note } from '../note.ts'
import { crossSign, faultSign } from '../signs.ts'
import { type StaffState, staffFrame } from '../staff-frame.ts'
import * as words from '../words/desk-new-event.ts'
import { deskEntrance } from './desk-entrance.ts'
import { currencyOf, type FieldFaults, type NewEventForm, timeOf, totalOf } from './new-event-form.ts'

export interface DeskNewEventState extends StaffState {
  /** Always what the fields show, so that nothing is lost while somebody signs in again. */
  readonly form: NewEventForm
  readonly faults: FieldFaults
  /** What became of the draft, where no field is the reason. */
  readonly problem: { readonly title: string; readonly text: string } | null
  readonly isSaving: boolean
  /** Suggestions; empty until the script runs. */
  readonly zones: readonly string[]
  readonly currencies: readonly string[]
}

/** A form, from which an organiser saves a draft. */
export function deskNewEventPage(state: DeskNewEventState): Html {
  return staffFrame(state, content, deskEntrance)
}

function content(state: DeskNewEventState): Html {
  const { form, problem, isSaving } = state
  const field = fieldOf(state)
  const starts = timeOf(form, 'starts')
  const opens = timeOf(form, 'opens')
  return html`<div class="desk-head"><div><h1>${words.newEvent}</h1><p class="quiet">${words.intro}</p></div></div>
<form class="form desk-new" id="new-event" data-submit="save" novalidate autocomplete="off">
<div id="problem" role="alert" tabindex="-1">${problem !== null && note(problem, 'alarm')}</div>
<div class="form"${isSaving && html` inert`}>
<section class="panel form"><h2>${words.event}</h2>
${field('/name', words.name, { value: form.name, attributes: html` maxlength="300" required` })}
${field('/type', words.type, { value: form.type, hint: words.typeHint, isOptional: true, attributes: html` list="types" maxlength="60"` })}
${field('/performers', words.performers, { value: form.performers, hint: words.performersHint, isOptional: true, lines: 3 })}
${field('/description', words.description, { value: form.description, hint: words.descriptionHint, isOptional: true, lines: 5 })}
</section>
<section class="panel form"><h2>${words.venue}</h2>
${field('/venue/name', words.venueName, { value: form.venue, attributes: html` maxlength="200" required` })}
<div class="desk-pair">${field('/venue/city', words.city, { value: form.city, isOptional: true, attributes: html` maxlength="100"` })}${field('/venue/country', words.country, { value: form.country, hint: words.countryHint, isOptional: true, attributes: html` maxlength="2" autocapitalize="characters" spellcheck="false"` })}</div>
${field('/venue/tz', words.tz, { value: form.tz, hint: words.tzHint, attributes: html` list="zones" maxlength="64" autocapitalize="none" spellcheck="false" required` })}
</section>
<section class="panel form"><h2>${words.when}</h2>
<div class="desk-pair">${field('/starts_on', words.startsOn, { value: form.startsOn, attributes: html` type="date" max="9998-12-31" required` })}${field('/starts_at_local', words.startsAt, { value: form.startsAt, hint: words.startsAtHint, isOptional: true, attributes: html` type="time"` })}</div>
${starts.isShownTwice && box('starts_second', words.second(starts.time), form.startsSecond)}
</section>
${placesCard(state)}
<section class="panel form"><h2>${words.sale}</h2>
<div class="desk-pair">${field('/on_sale_at', words.opens, { value: form.opensAt, hint: words.opensHint(form.tz.trim()), isOptional: true, attributes: html` type="datetime-local" max="9998-12-31T23:59"` })}${field('/max_tickets_per_user', words.limit, { value: form.limit, hint: words.limitHint, attributes: wholeNumber })}</div>
${opens.isShownTwice && box('opens_second', words.second(opens.time), form.opensSecond)}
</section>
</div>
<div class="buttons"><button class="button torch tall" type="submit">${isSaving ? words.saving : words.save}</button></div>
${choices('types', words.types)}${choices('zones', state.zones)}${choices('currencies', state.currencies)}
</form>`
}

const wholeNumber = html` inputmode="numeric" maxlength="9" required`
const decimalNumber = html` inputmode="decimal" maxlength="20" required`

function placesCard(state: DeskNewEventState): Html {
  const { form, language } = state
  const field = fieldOf(state)
  const row = (kind: 'sections' | 'areas', index: number, fields: Html): Html => {
    const number = count(index + 1, language)
    const title = kind === 'sections' ? words.section(number) : words.area(number)
    return html`<fieldset class="desk-places" id="${kind}-${index}"><legend>${title}</legend>
${fields}<button type="button" class="cross" id="remove-${kind}-${index}" data-click="remove" data-kind="${kind}" data-index="${index}" aria-label="${words.remove(title)}">${crossSign}</button></fieldset>
`
  }
  const money = (at: string, value: string): Html => field(at, words.price, { value, attributes: decimalNumber })
  const number = (at: string, label: string, value: string): Html =>
    field(at, label, { value, attributes: wholeNumber })
  return html`<section class="panel form" id="places"><h2>${words.places}</h2>
<div class="desk-pair">${field('/currency', words.currency, { value: form.currency, hint: words.currencyHint, attributes: html` list="currencies" maxlength="3" autocapitalize="characters" spellcheck="false" required` })}</div>
${form.sections.map(({ name, rows, seatsPerRow, price, accessible }, index) => {
  const at = `/sections/${index}`
  return row(
    'sections',
    index,
    html`${field(`${at}/name`, words.placesName, { value: name, attributes: html` maxlength="60" required` })}${number(`${at}/rows`, words.rows, rows)}${number(`${at}/seats_per_row`, words.seatsPerRow, seatsPerRow)}${money(`${at}/price_minor`, price)}${box(`${at}/accessible`, words.accessible, accessible)}`,
  )
})}
${form.areas.map(({ name, capacity, price }, index) => {
  const at = `/areas/${index}`
  return row(
    'areas',
    index,
    html`${field(`${at}/name`, words.placesName, { value: name, attributes: html` maxlength="100" required` })}${number(`${at}/capacity`, words.capacity, capacity)}${money(`${at}/price_minor`, price)}`,
  )
})}
<div class="buttons"><button type="button" class="button" id="add-sections" data-click="add" data-kind="sections">${words.addSection}</button><button type="button" class="button" id="add-areas" data-click="add" data-kind="areas">${words.addArea}</button></div>
${totalLine(form, language)}</section>`
}

/** The sum grows as somebody types, so it is no live region. */
function totalLine(form: NewEventForm, language: string): Html {
  if (form.sections.length + form.areas.length === 0) return html`<p class="sum quiet">${words.noPlaces}</p>`
  const { places, minor } = totalOf(form)
  const currency = currencyOf(form)
  return html`<p class="sum" id="sum"><span>${words.sum(count(places, language), places === 1)}</span>${
    // `Intl` throws for anything else.
    /^[A-Z]{3}$/.test(currency) &&
    html`<span class="desk-takings"><strong>${sum(minor, currency, language)}</strong> <span class="quiet">${words.atFullPrice}</span></span>`
  }</p>`
}

interface FieldParts {
  readonly value: string
  readonly hint?: string
  readonly isOptional?: boolean
  /** Rows of a text of several lines. */
  readonly lines?: number
  /** Further ones. */
  readonly attributes?: Html
}

/** Makes fields, each with its hint or, in place of it, what is wrong with it. */
function fieldOf({ faults }: DeskNewEventState): (name: string, label: string, parts: FieldParts) => Html {
  return (name, label, { value, hint, isOptional = false, lines, attributes }) => {
    const id = idOf(name)
    const fault = faults[name]
    const described = fault !== undefined || hint !== undefined
    const all = html`id="${id}" name="${name}"${described && html` aria-describedby="${id}-words"`}${fault !== undefined && html` aria-invalid="true"`}${attributes}`
    const control =
      lines === undefined
        ? html`<input ${all} value="${value}">`
        : html`<textarea ${all} rows="${lines}">${'\n'}${value}</textarea>`
    return html`<div class="field"><label for="${id}">${label}${isOptional && html` <span class="quiet">${words.optional}</span>`}</label>${control}${
      fault !== undefined
        ? html`<p class="fault" id="${id}-words">${faultSign}${fault}</p>`
        : hint !== undefined && html`<p class="quiet" id="${id}-words">${hint}</p>`
    }</div>`
  }
}

function box(name: string, label: string, isChecked: boolean): Html {
  const id = idOf(name)
  return html`<div class="desk-box"><input type="checkbox" id="${id}" name="${name}"${isChecked && html` checked`}><label for="${id}">${label}</label></div>`
}

/** The name of a field is a JSON pointer. */
function idOf(name: string): string {
  return `field-${name.replace(/^\//, '').replaceAll('/', '-')}`
}

function choices(id: string, texts: readonly string[]): Html {
  return html`<datalist id="${id}">${texts.map((text) => html`<option value="${text}"></option>`)}</datalist>`
}
