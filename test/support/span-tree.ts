import type { StoredSpan } from '#shared/observability/stored-span.ts'

/**
 * Spans below `parentSpanId` as lines of `service: name`, two blanks deeper for each generation. Siblings are in the order of
 * their names, since some of them run side by side, and of those that are alike and ask nobody else there is one: how often
 * somebody looks depends on how fast others are.
 */
export function spanTree(spans: readonly StoredSpan[], parentSpanId: string, depth = 0): string[] {
  const trees = spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .map(({ service, name, spanId }) => [
      `${'  '.repeat(depth)}${service}: ${name}`,
      ...spanTree(spans, spanId, depth + 1),
    ])
    .map((lines) => lines.join('\n'))
    .sort()
  const isLeaf = (tree: string): boolean => !tree.includes('\n')
  return trees.filter((tree, index) => !(isLeaf(tree) && tree === trees[index - 1])).flatMap((tree) => tree.split('\n'))
}
