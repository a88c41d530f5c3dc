/*
 * What the page of the door and the booking worker agree on about scans. The number of a ticket, for people: the last eight digits of its
 * id, which are random, as `6F68-6623`. In a large event two tickets may share one.
 */

/** Most scans of one request. A code has 240 characters, so they fit into a body. */
export const maxScans = 100

/** The number of the ticket with this own id. */
export function ticketNumberOf(ownId: string): string {
  return numberOf(ownId.slice(-8))
}

/** The number of a ticket in what people type, as it is printed; null for anything else. */
export function ticketNumberIn(text: string): string | null {
  const [, first = '', second = ''] = /^([\da-f]{4})[-\s]?([\da-f]{4})$/i.exec(text) ?? []
  return first === '' ? null : numberOf(first + second)
}

function numberOf(digits: string): string {
  return `${digits.slice(0, 4)}-${digits.slice(4)}`.toUpperCase()
}
