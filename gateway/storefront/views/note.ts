import { type Html, html } from './html.ts'

/** What happened, then what the reader can do. */
export interface NoteText {
  readonly title: string
  readonly text: string
}

/** A message to the reader. `alarm`: something went wrong. */
export function note({ title, text }: NoteText, kind: 'plain' | 'alarm' = 'plain'): Html {
  return html`<p class="note${kind === 'alarm' && ' alarm'}">${title !== '' && html`<strong>${title}</strong> `}${text !== '' && html`<span>${text}</span>`}</p>`
}
