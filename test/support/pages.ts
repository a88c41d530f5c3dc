interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** Longer lists than that are a fault: the cursor does not advance. */
const mostPages = 100

/** The pages of a list, from the first to the last. `ask` gets what to add to the request: the cursor, but for the first page. */
export async function allPages<Item>(ask: (cursor: { cursor?: string }) => Promise<Page<Item>>): Promise<Item[][]> {
  const pages: Item[][] = []
  let cursor: { cursor?: string } | null = {}
  while (cursor !== null) {
    if (pages.length === mostPages) throw new Error(`more than ${mostPages} pages`)
    const page: Page<Item> = await ask(cursor)
    pages.push([...page.items])
    cursor = page.next_cursor === null ? null : { cursor: page.next_cursor }
  }
  return pages
}
