/** Most items of an exported list, and their bytes as JSON: all lists of an export fit into one message. */
const maxItems = 1_000
const maxBytes = 600_000
const pageSize = 100

/**
 * Reads a list page by page, newest first, up to the size that an export may have. `readPage` returns at most `limit` items after `last`,
 * or the first ones. `isComplete`: nothing is left out.
 */
export async function newestItems<Item>(
  readPage: (last: Item | undefined, limit: number) => Promise<Item[]>,
): Promise<{ items: Item[]; isComplete: boolean }> {
  const items: Item[] = []
  let bytes = 0
  for (;;) {
    const page = await readPage(items.at(-1), pageSize)
    for (const item of page) {
      bytes += Buffer.byteLength(JSON.stringify(item))
      if (bytes > maxBytes || items.length === maxItems) return { items, isComplete: false }
      items.push(item)
    }
    if (page.length < pageSize) return { items, isComplete: true }
  }
}
