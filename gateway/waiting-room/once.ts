/** Runs `work`, unless it is already in progress for this event; then returns that run. */
export function once(underWay: Map<string, Promise<void>>, eventId: string, work: () => Promise<void>): Promise<void> {
  const known = underWay.get(eventId)
  if (known !== undefined) return known
  const running = work().finally(() => underWay.delete(eventId))
  underWay.set(eventId, running)
  return running
}
