import test from 'ava'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import type { CatalogueEvent } from '#shared/contracts/organising.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { type EventWorker, startEventWorker } from './event-worker.ts'
import { forFile } from './for-file.ts'
import { allPages } from './pages.ts'

type Request = RequestOf<typeof searchEvents>

/** A catalogue that a file searches, in a database of its own. */
export interface Searches {
  readonly worker: EventWorker
  search(request: Request): Promise<ReplyOf<typeof searchEvents>>
  /** Names of the events on the first page. */
  found(request: Request): Promise<string[]>
  /** Names of the events on all pages, page by page. */
  foundByPage(request: Request): Promise<string[][]>
}

export function searchesIn(catalogue: readonly CatalogueEvent[]): Searches {
  const worker = forFile(startEventWorker)
  test.serial.before(() => worker.importEvents(catalogue))
  const search = (request: Request) => worker.ask(searchEvents, request)
  return {
    worker,
    search,
    found: async (request) => (await search(request)).items.map(({ name }) => name),
    async foundByPage(request) {
      const pages = await allPages((cursor) => search({ ...request, ...cursor }))
      return pages.map((page) => page.map(({ name }) => name))
    },
  }
}
