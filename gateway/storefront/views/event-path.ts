/** The page of an event, where places are chosen. */
export function eventPath(eventId: string): string {
  return `/shop/events/${encodeURIComponent(eventId)}`
}
