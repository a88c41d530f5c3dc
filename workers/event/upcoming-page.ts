import type { OperationContext } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from './event-answers.ts'
import { findAsked } from './search/find-page.ts'
import { listFingerprint, readCursor } from './search/page-cursor.ts'

interface UpcomingPage {
  /** Whose events: the id of a venue or of a performer. */
  readonly of: { readonly venue: string } | { readonly performer: string }
  readonly limit: number
  readonly cursor: string | undefined
}

/** Upcoming events of a venue or a performer, by date. Throws `validation_failed` for a cursor of another list. */
export async function upcomingPage(
  parts: ListParts,
  { of, limit, cursor }: UpcomingPage,
  context: OperationContext,
): ReturnType<typeof showPage> {
  const list = listFingerprint('venue' in of ? { venueId: of.venue } : { performerId: of.performer })
  const after = cursor === undefined ? undefined : readCursor(list, cursor)
  const asked = { ...of, conditions: { upcoming: true, takingPlace: true } }
  const positions = await findAsked(parts.postgres, asked, { after, wanted: limit + 1 })
  return showPage(parts, { positions, size: limit, list }, context)
}
