/**
 * A key of an event's waiting room in Redis. All of one event are in one slot of a cluster. What each of them holds:
 * `gateway/waiting-room/room.lua`.
 */
export function roomKey(eventId: string, name: string): string {
  return `queue:{${eventId}}:${name}`
}
