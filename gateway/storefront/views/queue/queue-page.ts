import { botProtection, drawProtection } from '#shared/draw-protection.ts'
import { eventPath } from '../event-path.ts'
import { clockTime, count, eventTime, instantText } from '../format.ts'
import { houseArcs } from '../house-arcs.ts'
import { type Html, html } from '../html.ts'
import { note } from '../note.ts'
import * as eventWords from '../words/event.ts'
import { queueWords as words } from '../words/queue.ts'
import type { QueueState } from './queue-state.ts'

/** The content of a queue's page: the buyer's place, and what the buyer can do. */
export function queuePage(state: QueueState): Html {
  const { event, language, stage, offlineSince, refusal } = state
  return html`<div class="queue-page">
<p class="label">${words.labels[stage]}</p>
<h1>${event.name}</h1>
<p class="queue-when">${eventTime(event, language, 'medium')}${event.where !== null && ` · ${event.where}`}</p>
${stageOf(state)}
${offlineSince !== null && note({ title: '', text: words.oldFigures(refusal ?? words.offline, offlineSince) })}
${buttonsOf(state)}
${stage !== 'none' && stage !== 'over' && explanation(state)}
<p class="unseen" role="status">${stage === 'turn' && words.turn}</p>
</div>
${houseArcs('left')}`
}

function stageOf(state: QueueState): Html {
  switch (state.stage) {
    case 'early':
      return html`${opening(state)}`
    case 'join':
      return html`${opening(state)}${why(state)}<p>${words.joinFirst}</p>${!state.isLive && html`<noscript><p>${words.needsScript}</p></noscript>`}`
    case 'before':
      return html`${opening(state)}<p>${words.opensByItself}</p>`
    case 'waiting':
      return html`${opening(state)}${placeNumber(state)}${figures(state)}${state.isPaused && note({ title: words.paused, text: words.pausedText })}<p>${words.kept(state.minutesToChoose)}</p>`
    case 'turn':
      return html`<h2 class="turn">${words.turnTitle}</h2>${clock(state)}<p>${state.isNext ? words.wait : words.goIn(state.minutesToChoose)}</p>`
    case 'inside':
      return html`<h2 class="turn">${words.insideTitle}</h2>${clock(state)}${state.clock !== null && html`<p>${words.inside(state.clock)}</p>`}`
    case 'over':
      return why(state)
    case 'none':
      return note({ title: words.none, text: words.noneText })
  }
}

/** The next step before the first call, and the time until then. */
function opening({ event, draw, language, clock: left, stage, isDrawing }: QueueState): Html | false {
  const zone = event.city === null ? (event.tz ?? 'UTC') : eventWords.zone(event.city)
  const say = (instant: string): string => instantText(instant, { zone: event.tz, language })
  const timer = left !== null && stage !== 'waiting' && html`<p class="queue-clock tabular" role="timer">${left}</p>`
  if (stage === 'early' && draw?.joins_from != null) {
    return html`<p><strong>${words.joinFrom(say(draw.joins_from), zone)}</strong></p>${timer}`
  }
  if (isDrawing && stage === 'before') return html`<p><strong>${words.drawing}</strong></p>`
  if (draw !== null && !draw.is_drawn) {
    const closes = clockTime(draw.closes_at, { zone: event.tz, language })
    return html`<p><strong>${words.drawAt(say(draw.opens_at), zone)}</strong></p>${timer}<p>${words.byLot(closes)}</p>`
  }
  if (event.opensAt === null) return false
  return html`<p><strong>${words.opensAt(say(event.opensAt), zone)}</strong></p>${timer}`
}

function why({ why: reason, refusal }: QueueState): Html {
  switch (reason) {
    case 'missed':
      return note({ title: words.missed, text: words.missedText })
    case 'ended':
      return note({ title: words.ended, text: words.endedText })
    case 'left':
      return note({ title: words.left, text: words.leftText })
    case 'full':
      return note({ title: words.full, text: words.fullText })
    case 'no answer':
      return note({ title: refusal ?? words.noAnswer, text: '' })
    case null:
      return html``
  }
}

function placeNumber({ place, language }: QueueState): Html | false {
  return (
    place !== null &&
    place.number !== null &&
    html`<p class="queue-place">${words.yourPlace}<strong>${count(place.number, language)}</strong></p>`
  )
}

function figures({ place, language, isPaused }: QueueState): Html | false {
  if (place === null || place.ahead === null) return false
  const { ahead, eta_s: eta } = place
  // While nobody is called, no wait can be estimated.
  const perMinute = !isPaused && eta !== null && eta.p50 > 0 ? Math.round((60 * ahead) / eta.p50) : 0
  const figure = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  return html`<dl class="queue-figures">${figure(words.ahead, count(ahead, language))}${!isPaused && figure(words.eta, etaText(eta, language))}${perMinute > 0 && figure(words.entering, words.aMinute(count(perMinute, language)))}</dl>`
}

/** `12–18 min`. */
function etaText(eta: { readonly p50: number; readonly p90: number } | null, language: string): string {
  if (eta === null) return words.unknownEta
  if (eta.p90 < 60) return words.soon
  const minutes = (seconds: number): string => count(Math.max(1, Math.round(seconds / 60)), language)
  return words.minutes(minutes(eta.p50), minutes(eta.p90))
}

function clock({ clock: left, stage }: QueueState): Html | false {
  return (
    left !== null &&
    html`<p class="queue-clock yours tabular" role="timer" aria-live="off"${stage === 'inside' && html` aria-hidden="true"`}>${left}</p>`
  )
}

function buttonsOf(state: QueueState): Html | false {
  const { stage, isLive, asking, why: reason, rings } = state
  const placesPath = eventPath(state.event.id)
  const link = (action: string, text: string): Html =>
    html`<button type="button" class="link" data-click="${action}">${text}</button>`
  const look = html`<a class="link" href="${placesPath}">${words.look}</a>`
  switch (stage) {
    case 'early':
      return html`<p class="buttons">${look}</p>`
    case 'join':
    case 'over': {
      const text =
        reason === 'full' || reason === 'no answer' ? words.tryAgain : stage === 'over' ? words.joinAgain : words.join
      return html`<p class="buttons">${isLive && html`<button type="button" id="join" class="button torch tall" data-click="join">${asking === 'join' ? words.joining : text}</button>`}${look}</p>`
    }
    case 'before':
    case 'waiting':
      return html`<p class="buttons"><button type="button" id="ring" class="button tall" data-click="ring" aria-pressed="${rings ? 'true' : 'false'}">${rings ? words.ringing : words.ring}</button>${link('leave', words.leave)}</p>`
    case 'turn':
      return html`<p class="buttons"><button type="button" id="claim" class="button torch tall" data-click="claim">${asking === 'claim' ? words.choosing : words.choose}</button>${link('leave', words.giveUp)}</p>`
    case 'inside':
      return html`<p class="buttons"><button type="button" id="claim" class="button torch tall" data-click="claim">${asking === 'claim' ? words.choosing : words.choose}</button>${link('leave', words.giveUp)}</p>`
    case 'none':
      return html`<p class="buttons"><a class="button torch tall" href="${placesPath}">${words.toPlaces}</a></p>`
  }
}

/** How the order is decided; for a draw also what it prevents and what it does not. */
function explanation({ draw, place, event, language }: QueueState): Html {
  if (draw === null) {
    return html`<details class="queue-how"><summary>${words.howOrdered}</summary><p>${words.order}</p><p>${words.skipped}</p></details>`
  }
  const { commitment, root, entrants, is_drawn: isDrawn } = draw
  const list = (lines: readonly (readonly [string, string])[]): Html =>
    html`<dl>${lines.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`
  const path = `/events/${encodeURIComponent(event.id)}/queue/draw`
  return html`<details class="queue-how"><summary>${isDrawn ? words.howDrawn : words.howWillDraw}</summary>
${words.drawIs.map((line) => html`<p>${line}</p>`)}<p>${words.skipped}</p>
<dl><div><dt>${words.commitment}</dt><dd><code>${commitment}</code></dd></div><div><dt>${words.root}</dt><dd>${root === null ? words.notYet : html`<code>${root}</code>`}</dd></div></dl>
${entrants !== null && html`<p>${words.took(count(entrants, language))}</p>`}
<h2>${words.canCheat}</h2>
${list(drawProtection.map(({ who, canCheat }) => [who, canCheat]))}
<h2>${words.bots}</h2>
${list(botProtection.map(({ what, how }) => [what, how]))}
<p class="buttons"><a class="link" href="${path}">${words.checkDraw}</a>${place !== null && html`<a class="link" href="/queue/${encodeURIComponent(place.id)}/receipt">${words.receipt}</a>`}</p>
</details>`
}
