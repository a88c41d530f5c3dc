/** The fault, unless something holds. */
export function unless(holds: boolean, fault: string): string[] {
  return holds ? [] : [fault]
}
