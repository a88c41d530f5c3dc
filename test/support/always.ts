import type { ExecutionContext } from 'ava'
import fc from 'fast-check'

interface Cases<Values extends unknown[]> {
  /** Where each value comes from. */
  readonly of: [...{ [Index in keyof Values]: fc.Arbitrary<Values[Index]> }]
  /** Default: as often as fast-check does. */
  readonly times?: number
}

/** Whatever the values, `holds` neither throws nor answers false. Otherwise the smallest such values that fast-check finds are shown. */
export function always<Values extends unknown[]>(
  t: ExecutionContext,
  { of, times }: Cases<Values>,
  holds: (...values: Values) => unknown,
): void {
  const property = fc.property(fc.tuple<Values>(...of), (values) => holds(...values) !== false)
  t.notThrows(() => fc.assert(property, times === undefined ? {} : { numRuns: times }))
}
