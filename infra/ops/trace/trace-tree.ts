import type { StoredSpan } from '#shared/observability/stored-span.ts'

/** A span and what was done within it. */
export interface SpanNode {
  readonly span: StoredSpan
  /** It names a parent that was not recorded: the client's own, one of a process that died, or one still on its way. */
  readonly isOrphan: boolean
  readonly children: readonly SpanNode[]
}

/**
 * Spans as trees, in the order of their starts. Every span stands there exactly once: one whose parent is not among them is a
 * root, and so is one of a ring, which only a broken exporter can make.
 */
export function buildTrees(spans: readonly StoredSpan[]): SpanNode[] {
  // Starts are told to the millisecond. Those of one are left as they came: a process reports its spans in the order of their ends.
  const inOrder = spans.toSorted((a, b) => a.startUs - b.startUs)
  const known = new Set(inOrder.map(({ spanId }) => spanId))
  const childrenOf = Map.groupBy(inOrder, ({ parentSpanId }) => parentSpanId)
  const placed = new Set<StoredSpan>()
  const nodeOf = (span: StoredSpan): SpanNode => {
    placed.add(span)
    const { spanId, parentSpanId } = span
    const children = (childrenOf.get(spanId) ?? []).filter((child) => !placed.has(child))
    const isOrphan = parentSpanId !== '' && !known.has(parentSpanId)
    return { span, isOrphan, children: children.map(nodeOf) }
  }
  const roots = inOrder.filter(({ parentSpanId }) => !known.has(parentSpanId)).map(nodeOf)
  const rings = inOrder.flatMap((span) => (placed.has(span) ? [] : [nodeOf(span)]))
  return [...roots, ...rings]
}
