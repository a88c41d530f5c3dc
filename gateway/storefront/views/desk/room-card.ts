import { count } from '../format.ts'
import { type Html, html } from '../html.ts'
import { note } from '../note.ts'
import { faultSign } from '../signs.ts'
import * as words from '../words/desk.ts'
import { changeButton, changeForm } from './change-form.ts'
import { type DeskEventState, type RoomAction, roomActions, waitingIn } from './event-state.ts'

const ofRoom: readonly string[] = ['open-room', 'pause-room', 'resume-room', 'close-room'] satisfies RoomAction[]

/** The waiting room of an event, and how fast it lets buyers in. */
export function roomCard(state: DeskEventState): Html | false {
  const { event, room, change, outcome } = state
  if (room === null) return false
  if (event?.status === 'cancelled') return html`<p>${words.roomOfCancelled}</p>`
  const isOn = room.state !== 'off'
  const isOfRoom = outcome !== null && (outcome.of === 'speed' || ofRoom.includes(outcome.of))
  return html`${isOn ? roomFigures(state, room) : html`<p>${words.roomOff}</p>`}
${room.state === 'pre_queue' && html`<p>${words.roomBeforeDraw}</p>`}
${isOn && speedForm(state, room)}
<div role="status" class="desk-outcome">${isOfRoom && note({ title: '', text: outcome.text })}</div>
${
  change !== null && isRoomAction(change)
    ? changeForm(state, words.changes[change])
    : html`<div class="buttons">${roomActions(room).map((action) => changeButton(action, words.changes[action]))}</div>`
}`
}

function isRoomAction(change: string): change is RoomAction {
  return ofRoom.includes(change)
}

function roomFigures({ serving, language }: DeskEventState, room: NonNullable<DeskEventState['room']>): Html | false {
  if (serving === null) return false
  const number = (value: number): string => count(value, language)
  const row = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd class="amount">${value}</dd></div>`
  const perMinute = serving.calls_per_minute
  const minutes = waitingIn(serving) / Math.max(1, perMinute)
  const wait =
    room.state === 'paused'
      ? words.waitUnknown
      : minutes < 1
        ? words.underAMinute
        : words.minutes(number(Math.ceil(minutes)))
  return html`<dl class="rows">${row(words.rate, room.state === 'paused' ? words.roomPaused : words.aMinute(number(perMinute)))}${
    serving.active !== undefined && row(words.inside, words.of(number(serving.active), number(room.max_active)))
  }${serving.called !== undefined && row(words.calledNow, number(serving.called))}${row(words.waitsNow, wait)}</dl>`
}

function speedForm(
  { change, isChanging, changeFault }: DeskEventState,
  room: NonNullable<DeskEventState['room']>,
): Html {
  const isMine = change === 'speed'
  const marks = isMine && changeFault !== null && html` aria-invalid="true"`
  const field = (id: string, label: string, value: number, max: number): Html =>
    html`<div class="field"><label for="${id}">${label}</label><input id="${id}" name="${id}" type="number" inputmode="numeric" min="1" max="${max}" step="1" required value="${value}" aria-describedby="speed-words"${marks}></div>`
  return html`<form class="form desk-speed" id="speed" data-submit="setSpeed" novalidate>
${field('calls_per_minute', words.speed, room.calls_per_minute, 100_000)}${field('max_active', words.maxActive, room.max_active, 1_000_000)}
${
  isMine && changeFault !== null
    ? html`<p class="fault" id="speed-words" role="alert">${faultSign}${changeFault}</p>`
    : html`<p class="quiet" id="speed-words">${words.speedConsequence}</p>`
}
<div class="buttons"><button class="button" type="submit">${isMine && isChanging ? words.settingSpeed : words.setSpeed}</button></div></form>`
}
