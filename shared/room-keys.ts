/**
 * A key of an event's waiting room in Redis. All keys of one event are in one slot of a cluster. `gateway/waiting-room/room.lua` describes
 * their contents.
 */
export function roomKey(eventId: string, name: string): string {
  return `queue:{${eventId}}:${name}`
}
