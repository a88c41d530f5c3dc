import type { Entrance } from '../staff-frame.ts'
import * as words from '../words/desk.ts'

export const deskEntrance: Entrance = {
  path: '/admin/session',
  home: '/desk',
  heading: words.keyHeading,
  key: words.key,
  hint: words.keyHint,
  missing: words.keyMissing,
}
