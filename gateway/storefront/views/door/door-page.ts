import { clockTime, count } from '../format.ts'
import { type Html, html } from '../html.ts'
import { note } from '../note.ts'
import { placeName } from '../place-name.ts'
import { faultSign } from '../signs.ts'
import { type Entrance, staffFrame } from '../staff-frame.ts'
import * as words from '../words/door.ts'
import { answerScreen } from './answer-screen.ts'
import type { CameraState, DoorState, WrongEntry } from './door-state.ts'

export const doorEntrance: Entrance = {
  path: '/check-in/session',
  home: null,
  heading: words.keyHeading,
  key: words.key,
  hint: words.keyHint,
  missing: words.keyMissing,
}

/** The page for the people who let the audience in. */
export function doorPage(state: DoorState): Html {
  return staffFrame(state, content, doorEntrance)
}

function content(state: DoorState): Html | false {
  const { event, gate, isChoosingGate, list, fault } = state
  if (list === null && fault !== null) return false
  const name = event?.name ?? words.title
  if (gate === null || isChoosingGate) return gateForm(state, name)
  return html`<div class="door">
${head(state, name, gate)}
<section class="panel door-scan" aria-label="${words.scanning}">${cameraPart(state)}${codeForm(state)}</section>
<div class="door-side">
${state.wrongEntries.length > 0 && wrongEntries(state)}
${listPart(state)}
</div>
</div>
<div id="answer" role="alert">${state.answer !== null && answerScreen(state.answer, state)}</div>`
}

function gateForm({ gate, gateFault }: DoorState, eventName: string): Html {
  const marks = gateFault !== null && html` aria-invalid="true"`
  return html`<div class="words-page" id="gate-form"><p class="label">${eventName}</p>
<h1>${words.gateHeading}</h1>
<form class="form desk-key" data-submit="chooseGate" novalidate>
<div class="field"><label for="gate">${words.gate}</label>
<input id="gate" name="gate" autocomplete="off" maxlength="40" value="${gate ?? ''}" required aria-describedby="gate-words"${marks}>
${gateFault === null ? html`<p class="quiet" id="gate-words">${words.gateHint}</p>` : html`<p class="fault" id="gate-words" role="alert">${faultSign}${gateFault}</p>`}</div>
<button class="button torch tall" type="submit">${words.useGate}</button>
</form></div>`
}

function head(state: DoorState, eventName: string, gate: string): Html {
  const { figures, waiting, language } = state
  const number = (value: number): string => count(value, language)
  // People whom the gateway does not know yet are inside, too.
  const inside = figures !== null && words.insideOf(number(figures.admitted + waiting), number(figures.tickets))
  return html`<div class="door-head"><h1>${eventName}</h1>
<p><strong>${gate}</strong><button type="button" class="link" id="change-gate" data-click="changeGate">${words.changeGate}</button></p>
${inside && html`<p class="door-inside">${inside}</p>`}
${connection(state)}</div>`
}

const cameraTexts: Readonly<Record<CameraState, string>> = {
  off: words.cameraOff,
  starting: words.cameraStarting,
  on: words.cameraHint,
  refused: words.cameraRefused,
  none: words.cameraNone,
}

function cameraPart({ camera }: DoorState): Html {
  const isOn = camera === 'on' || camera === 'starting'
  return html`<div class="door-camera"${!isOn && html` hidden`}><video id="camera" playsinline muted></video></div>
<p class="quiet" role="status">${cameraTexts[camera]}</p>
<button type="button" class="button tall${!isOn && ' torch'}" id="camera-button" data-click="${isOn ? 'stopCamera' : 'startCamera'}">${isOn ? words.stopCamera : words.startCamera}</button>`
}

function codeForm({ codeFault, isChecking }: DoorState): Html {
  const marks = codeFault !== null && html` aria-invalid="true"`
  return html`<form class="form" data-submit="check" novalidate>
<div class="field"><label for="code">${words.code}</label>
<input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="2000" aria-describedby="code-words"${marks}>
${codeFault === null ? html`<p class="quiet" id="code-words">${words.codeHint}</p>` : html`<p class="fault" id="code-words" role="alert">${faultSign}${codeFault}</p>`}</div>
<button class="button tall" type="submit">${isChecking ? words.checking : words.check}</button>
</form>`
}

function connection({ isOnline, waiting, wantedToLeave, list, language }: DoorState): Html {
  const away = list === null ? words.offlineWithoutList : words.offline
  return html`<div class="door-connection" role="status">
${isOnline ? html`<p class="live">${words.online}</p>` : note({ title: '', text: away }, 'alarm')}
${waiting > 0 && html`<p><strong>${words.waiting(count(waiting, language))}</strong></p>`}
${wantedToLeave && html`<p class="fault">${faultSign}${words.keptScans}</p>`}
</div>`
}

function wrongEntries(state: DoorState): Html {
  const { wrongEntries: entries } = state
  return html`<section class="panel door-wrong" aria-labelledby="wrong"><h2 id="wrong">${words.wrongHeading}</h2>
<ul class="rows">${entries.map((entry) => wrongEntry(entry, state))}</ul></section>`
}

function wrongEntry({ scan_id, ticket, entered, outcome, at, gate }: WrongEntry, { event, language }: DoorState): Html {
  const time = (instant: string): string => clockTime(instant, { zone: event?.tz ?? null, language })
  const why =
    outcome === 'already_admitted' && entered !== null
      ? words.hadEntered(time(entered.at), entered.gate)
      : words.wrongTexts[outcome]
  return html`<li id="wrong-${scan_id}"><span class="seat-name"><strong>${ticket !== null && placeName(ticket.place)}</strong><span>${ticket !== null && `${words.number(ticket.number)}. `}${words.letIn(time(at), gate)} ${why}</span></span>
<button type="button" class="button" data-click="tickOff" data-scan="${scan_id}" aria-label="${words.tickOffOf(ticket?.number ?? '')}">${words.tickOff}</button></li>`
}

function listPart(state: DoorState): Html {
  const { list, isLoadingList, hasListFault, isStored, opensOffline, event, language } = state
  const options = { zone: event?.tz ?? null, language }
  return html`<section class="panel door-list" aria-labelledby="list"><h2 id="list">${words.list}</h2>
<p>${list === null ? words.noList : words.listOf(clockTime(list.loadedAt, options), count(list.tickets, language))}</p>
<p class="quiet">${words.listText}</p>
${hasListFault && html`<p class="fault">${faultSign}${words.listFault}</p>`}
${!isStored && html`<p class="fault">${faultSign}${words.notStored}</p>`}
${isStored && !opensOffline && html`<p class="quiet">${words.mustStayOpen}</p>`}
<button type="button" class="button" id="load-list" data-click="loadList">${isLoadingList ? words.loadingList : words.loadList}</button></section>`
}
