import { fold } from './fold.ts'

export interface SearchableTexts {
  readonly name: string
  readonly type: string
  readonly description: string | null
  readonly venue: string | null
  readonly city: string | null
  readonly performers: readonly string[]
}

/** The folded columns of an event, by name. */
export function foldedTexts({ name, type, description, venue, city, performers }: SearchableTexts) {
  return {
    folded_name: fold(name),
    // One name per line, so that each is found as a whole.
    folded_performers: performers.map(fold).filter(Boolean).join('\n'),
    folded_venue: fold(venue ?? ''),
    folded_city: fold(city ?? ''),
    folded_type: fold(type),
    folded_description: fold(description ?? ''),
  }
}
