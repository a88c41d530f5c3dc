import type { z } from 'zod'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import type { CachePolicy } from '../../routes/cache-policy.ts'
import type { PageContent } from '../views/document.ts'
import type { ShownProblem } from '../views/problem-page.ts'

/** The context of a view, besides its data. */
export interface ViewContext {
  readonly language: string
  readonly isDemo: boolean
  readonly shopName: string
}

/** What a public page can use while it loads. Its answer is the same for everybody, so it knows no caller. */
export interface PublicLoad extends ViewContext {
  /** The reply of a public route, as JSON clients get it, cached or fetched. Throws its problem. */
  read<C extends Contract>(contract: C, request: RequestOf<C>): Promise<ReplyOf<C>>
}

/** What a personal page can use while it loads. */
export interface PersonalLoad extends PublicLoad {
  /** Calls a worker on behalf of the caller. Throws its problem. */
  call<C extends Contract>(contract: C, request: RequestOf<C>): Promise<ReplyOf<C>>
  readonly userId: string
}

/** A file instead of a page, such as a picture or a calendar. */
export interface PageFile {
  readonly type: string
  readonly text: string
}

interface AnyPage<Parameters, Data> {
  /** Path template, such as `/shop/events/:event_id`. */
  readonly path: string
  /** Path and query; `z.object`, so that unknown parameters such as `utm_source` are dropped. The page shows wrong ones as a problem. */
  readonly parameters: z.ZodType<Parameters>
  /** The page for its data. */
  view(data: Data, context: ViewContext): PageContent
  /** The page for a problem, if the general one does not fit. `query`: as it was sent. */
  viewProblem?(problem: ShownProblem, query: Readonly<Record<string, unknown>>, context: ViewContext): PageContent
}

/** A page that is the same for everybody. Cached like the replies from which it is made. */
export interface PublicPage<Parameters = unknown, Data = unknown> extends Omit<AnyPage<Parameters, Data>, 'view'> {
  view(data: Data, context: ViewContext): PageContent | PageFile
  readonly access: 'public'
  /** The rate class of a request, by its query. Default: `browse`. */
  readonly limit?: (query: string) => 'browse' | 'search'
  /** Must not allow more than the policy of any reply that the page reads. Needs the tags of all of them. */
  readonly cache: CachePolicy
  load(parameters: Parameters, context: PublicLoad): Promise<Data>
}

/** A page or file for one caller. Never cached. */
export interface PersonalPage<Parameters = unknown, Data = unknown> extends Omit<AnyPage<Parameters, Data>, 'view'> {
  readonly access: 'personal'
  view(data: Data, context: ViewContext): PageContent | PageFile
  load(parameters: Parameters, context: PersonalLoad): Promise<Data>
}

/** A page without data of a worker, made for each request. */
export interface PlainPage<Parameters = unknown> extends AnyPage<Parameters, Parameters> {
  readonly access: 'plain'
}

export type Page = PublicPage | PersonalPage | PlainPage

/** Declares a page, with `load` and `view` typed by its parameters. */
export function definePage<Parameters, Data>(
  page: PublicPage<Parameters, Data> | PersonalPage<Parameters, Data> | PlainPage<Parameters>,
): Page {
  // Safe: `load` gets what `parameters` parsed, and `view` what `load` answered.
  return page as Page
}
