import type { z } from 'zod'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import type { Problem } from '../../http/problems.ts'
import type { RateClass } from '../../limits/quota.ts'
import type { CachePolicy } from '../../routes/cache-policy.ts'
import type { PageContent } from '../views/document.ts'

/** What a view is told beside its data. */
export interface ViewContext {
  readonly language: string
  readonly isDemo: boolean
  readonly shopName: string
}

/** What a public page may do while it loads. It answers everybody alike, so it knows no caller. */
export interface PublicLoad extends ViewContext {
  /** The reply of a public route, as JSON clients get it: from the cache, or fetched. Throws its problem. */
  read<C extends Contract>(contract: C, request: RequestOf<C>): Promise<ReplyOf<C>>
}

/** What a personal page may do while it loads. */
export interface PersonalLoad extends PublicLoad {
  /** Calls a worker on behalf of the caller. Throws its problem. */
  call<C extends Contract>(contract: C, request: RequestOf<C>): Promise<ReplyOf<C>>
  readonly userId: string
}

/** In place of a page: a file, such as a picture or a calendar. */
export interface PageFile {
  readonly type: string
  readonly text: string
}

interface AnyPage<Parameters, Data> {
  /** Path template, such as `/shop/events/:event_id`. */
  readonly path: string
  /** Path and query; `z.object`, so that unknown parameters such as `utm_source` are dropped. Wrong ones are a problem of the page. */
  readonly parameters: z.ZodType<Parameters>
  /** The page of its data. */
  view(data: Data, context: ViewContext): PageContent
  /** The page of a problem, where the general one will not do: `query` as it was sent. */
  viewProblem?(problem: Problem, query: Readonly<Record<string, unknown>>, context: ViewContext): PageContent
}

/** A page that is the same for everybody: cached as the replies that it is made of. */
export interface PublicPage<Parameters = unknown, Data = unknown> extends Omit<AnyPage<Parameters, Data>, 'view'> {
  view(data: Data, context: ViewContext): PageContent | PageFile
  readonly access: 'public'
  /** The class in which a request counts, by its query. Default: `browse`. */
  readonly limit?: (query: string) => 'browse' | 'search'
  /** Must not allow more than the policy of any reply that the page reads, and needs the tags of all of them. */
  readonly cache: CachePolicy
  load(parameters: Parameters, context: PublicLoad): Promise<Data>
}

/** A page of one caller, or a file: never stored. */
export interface PersonalPage<Parameters = unknown, Data = unknown> extends Omit<AnyPage<Parameters, Data>, 'view'> {
  readonly access: 'personal'
  view(data: Data, context: ViewContext): PageContent | PageFile
  readonly limit?: RateClass
  load(parameters: Parameters, context: PersonalLoad): Promise<Data>
}

/** A page that needs no data of a worker, made for each request. */
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
