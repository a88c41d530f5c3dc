import type { StoredSpan } from '#shared/observability/stored-span.ts'

/** A span of 1 ms that began at the first moment of 2026, with whatever a test cares for. */
export function aSpan(members: Partial<StoredSpan> = {}): StoredSpan {
  const startUs = members.startUs ?? Date.UTC(2026, 0, 1) * 1_000
  return {
    traceId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
    spanId: '00000000000000aa',
    parentSpanId: '',
    name: 'work',
    kind: 'internal',
    service: 'gateway',
    instance: 'gateway-1',
    startUs,
    endUs: startUs + 1_000,
    attributes: {},
    status: 'unset',
    statusMessage: '',
    events: [],
    links: [],
    ...members,
  }
}
