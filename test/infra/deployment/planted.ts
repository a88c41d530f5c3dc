import type { Edit } from '../../support/edits.ts'

/** By file: what is changed, into what, and what must be said about it. */
export type Mistakes = Readonly<Record<string, readonly (readonly [from: string, to: string, found: RegExp])[]>>

export interface Planted {
  readonly title: string
  readonly edit: Edit
  readonly found: RegExp
}

/** Mistakes one by one, each with words for a title. */
export function planted(mistakes: Mistakes): Planted[] {
  return Object.entries(mistakes).flatMap(([file, list]) =>
    list.map(([from, to, found]) => {
      const change = to === '' ? `no ${JSON.stringify(from.trim())}` : JSON.stringify(to.trim())
      return { title: `${change} in ${file}`, edit: { file, from, to }, found }
    }),
  )
}
