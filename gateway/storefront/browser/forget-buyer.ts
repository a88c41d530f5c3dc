import { forgetPlaces } from './queue-places.ts'
import { forgetSavedTickets } from './saved-pages.ts'

/** Forgets what this device keeps of a buyer: called when somebody signs in or out. */
export async function forgetBuyer(): Promise<void> {
  await forgetSavedTickets()
  forgetPlaces()
}
