import type { PageContent } from './document.ts'
import { type Html, html } from './html.ts'
import { nextSteps, problemWords } from './words/problems.ts'

/** The parts of a problem document that a page shows. */
export interface ShownProblem {
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  readonly detail: string
  readonly errors?: unknown
  readonly retry_after_ms?: unknown
  /** Finds the request in the logs. */
  readonly requestId: string
}

/** The sentences about wrong fields. */
function fieldFaults({ errors, detail }: Pick<ShownProblem, 'errors' | 'detail'>): readonly string[] {
  if (!Array.isArray(errors)) return [detail]
  return errors.map((error: { detail: string }) => error.detail)
}

/** A problem as a page: what happened, and the next step. */
export function problemPage(problem: ShownProblem): PageContent {
  const { heading, text, hasNumber = false } = problemWords(problem.code)
  return {
    title: heading,
    body: html`<div class="words-page">
<h1>${heading}</h1>
${text !== '' && html`<p>${text}</p>`}
${details(problem)}
${hasNumber && html`<p>${nextSteps.number}: <code>${problem.requestId}</code></p>`}
<p class="buttons">${problem.retryable && html`<a class="button" href="">${nextSteps.again}</a>`}<a class="button" href="/">${nextSteps.whatsOn}</a></p>
</div>`,
  }
}

function details(problem: ShownProblem): Html | false {
  if (problem.code === 'validation_failed') {
    return html`<ul>${fieldFaults(problem).map((fault) => html`<li>${fault}</li>`)}</ul>`
  }
  if (problem.code === 'misdirected') return html`<p>${problem.detail}</p>`
  const wait = Number(problem.retry_after_ms)
  return problem.code === 'rate_limited' && wait > 0 && html`<p>${nextSteps.wait(Math.ceil(wait / 1_000))}</p>`
}
