import { LRUCache } from 'lru-cache'
import { checkRequest } from '#shared/check-request.ts'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import { gzipped, prefersGzip } from '../http/gzip.ts'
import type { Problem } from '../http/problems.ts'
import { problemHeaders, type RequestContext, replaceSecurityHeaders, send } from '../http/request-context.ts'
import type { Mode } from '../identity/identify.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { type GetReply, readOf } from '../reads/answer-read.ts'
import { cacheKey } from '../reads/cache-key.ts'
import type { WorkerReply } from '../reads/cached-reply.ts'
import type { CallTime } from '../reads/freshness.ts'
import type { CacheableRead, ReplyCache } from '../reads/reply-cache.ts'
import { type ReplyTerms, sendReply } from '../reads/send-reply.ts'
import { allRoutes } from '../routes/all-routes.ts'
import type { CachePolicy } from '../routes/cache-policy.ts'
import { isCacheable } from '../routes/route.ts'
import type { Assets } from './assets.ts'
import { type Language, languageOf } from './locale.ts'
import { cameraPageHeaders, pageHeaders } from './page-headers.ts'
import type { Page, PageFile, PersonalPage, PlainPage, PublicPage, ViewContext } from './pages/page.ts'
import { type PageContent, renderDocument } from './views/document.ts'
import { problemPage } from './views/problem-page.ts'

export interface PageParts {
  readonly cache: ReplyCache
  readonly getReply: GetReply
  readonly bus: Bus
  readonly metrics: GatewayMetrics
  readonly assets: Assets
  readonly shopName: string
  readonly mode: Mode
}

/** Query and path parameters, as they were sent. */
export type PageQuery = Readonly<Record<string, unknown>>

/** A parsed request for a public page. */
interface PageRead extends CacheableRead, ReplyTerms {
  readonly policy: CachePolicy
  readonly parameters: Record<string, unknown>
  readonly language: Language
}

/** URLs whose parsed read is cached, and their longest length. */
const maxReads = 10_000
const maxUrlLength = 512

const cacheableRoutes = allRoutes.filter(isCacheable)

const htmlType = 'text/html; charset=utf-8'

/** Answers requests for pages, in the reader's language. */
export class PageAnswers {
  readonly #parts: PageParts
  /** By language and URL. */
  readonly #reads = new LRUCache<string, PageRead>({ max: maxReads })

  constructor(parts: PageParts) {
    this.#parts = parts
  }

  /** Gives the answer the headers of pages. Browsers, which accept HTML, also get problems as pages. */
  begin(request: RequestContext, page?: Page, query: PageQuery = {}): void {
    const { accept = '' } = request.req.headers
    if (accept.includes('text/html')) {
      request.showProblem = (problem) => this.#sendProblem(request, problem, { page, query })
    }
  }

  /** A page that is the same for everybody, from the cache. Throws `validation_failed`, and what its reads throw. */
  async answerPublic(request: RequestContext, page: PublicPage, query: PageQuery): Promise<void> {
    const { cache, metrics } = this.#parts
    const { url = '' } = request.req
    const language = languageOf(request.req)
    const known = this.#reads.get(`${language} ${url}`)
    const read = known ?? this.#readOf(page, query, language)
    const answer = await cache.get(read, () => this.#makePublic(request.requestId, page, read))
    if (answer.status === 'miss' || answer.status === 'newer') metrics.cacheMissed(page.path)
    else metrics.cacheHit(page.path)
    replaceSecurityHeaders(request, pageHeaders)
    await sendReply(request, answer, read)
    // Cached from its second use on: most URLs come only once.
    if (known === undefined && answer.status === 'hit' && url.length <= maxUrlLength) {
      this.#reads.set(`${language} ${url}`, read)
    }
  }

  #readOf(page: PublicPage, query: PageQuery, language: Language): PageRead {
    const parameters = checkRequest(page.parameters, query) as Record<string, unknown>
    const { release } = this.#parts.assets
    return {
      key: cacheKey(`page:${page.path}`, { ...parameters, '@language': language, '@release': release }),
      policy: page.cache,
      tags: page.cache.tags(parameters),
      cacheControl: page.cache.cacheControl(parameters),
      vary: 'Accept-Encoding, Accept-Language',
      parameters,
      language,
    }
  }

  /** A page for one caller. Throws `validation_failed`, and what its reads throw. */
  async answerPersonal(request: RequestContext, page: PersonalPage, query: PageQuery, caller: Caller): Promise<void> {
    const { bus } = this.#parts
    const { requestId } = request
    const context = this.#contextOf(languageOf(request.req))
    const parameters = checkRequest(page.parameters, query)
    const data = await page.load(parameters, {
      ...context,
      userId: caller.id,
      read: (contract, body) => this.#read(contract, body, { requestId }),
      call: (contract, body) =>
        call(bus, contract, body, { requestId, caller, deadlineAt: performance.now() + contract.deadlineMs }),
    })
    await this.sendContent(request, page.view(data, context))
  }

  /** A page without data. Throws `validation_failed`. */
  answerPlain(request: RequestContext, page: PlainPage, query: PageQuery): Promise<void> {
    const context = this.#contextOf(languageOf(request.req))
    return this.sendContent(request, page.view(checkRequest(page.parameters, query), context))
  }

  async #makePublic(requestId: string, page: PublicPage, { parameters, language }: PageRead): Promise<WorkerReply> {
    const context = this.#contextOf(language)
    const madeOf: CallTime[] = []
    const data = await page.load(parameters, {
      ...context,
      read: (contract, body) => this.#read(contract, body, { requestId, madeOf, policy: page.cache }),
    })
    const content = page.view(data, context)
    if ('text' in content) return { body: Buffer.from(content.text), type: content.type, madeOf }
    return { body: Buffer.from(this.#render(content, context)), type: htmlType, madeOf }
  }

  /**
   * The reply of a cacheable route, as JSON clients get it; `madeOf` collects its age and position. `policy`: the cache policy of the page.
   * A reply older than this policy allows is fetched again; otherwise the page would expire at once and be made anew for every reader.
   */
  async #read<C extends Contract>(
    contract: C,
    body: RequestOf<C>,
    { requestId, madeOf, policy }: { requestId: string; madeOf?: CallTime[]; policy?: CachePolicy },
  ): Promise<ReplyOf<C>> {
    const route = cacheableRoutes.find((candidate) => candidate.contract === (contract as Contract))
    if (route === undefined) throw new Error(`${contract.subject} has no cacheable route`)
    const parsed = checkRequest(contract.request, body) as Record<string, unknown>
    const read = readOf(route, parsed)
    const answer = await this.#parts.getReply(policy === undefined ? read : { ...read, policy }, requestId)
    if (answer === null) throw new Error('a page must not read with min_seq')
    madeOf?.push(answer.reply)
    return JSON.parse(answer.reply.body.toString('utf8')) as ReplyOf<C>
  }

  #contextOf(language: Language): ViewContext {
    const { shopName, mode } = this.#parts
    return { language, shopName, isDemo: mode === 'demo' }
  }

  #render(content: PageContent, { language, shopName, isDemo }: ViewContext): string {
    const { release, scriptAddress } = this.#parts.assets
    return renderDocument(content, { name: shopName, language, isDemo, release, scriptAddress })
  }

  /** Sends a page or file that is not cached. A page that repeats parts of its request must contain no secret: see DECISIONS.md. */
  async sendContent(request: RequestContext, content: PageContent | PageFile): Promise<void> {
    const { type, text } =
      'text' in content
        ? content
        : { type: htmlType, text: this.#render(content, this.#contextOf(languageOf(request.req))) }
    const plain = Buffer.from(text)
    const smaller = prefersGzip(request.req) ? await gzipped(plain) : undefined
    const body = smaller ?? plain
    const headers = ['Content-Type', type, 'Content-Length', String(body.byteLength)]
    if (smaller !== undefined) headers.push('Content-Encoding', 'gzip')
    const usesCamera = 'usesCamera' in content && content.usesCamera
    replaceSecurityHeaders(request, usesCamera ? cameraPageHeaders : pageHeaders)
    send(request, 200, [...headers, 'Cache-Control', 'private, no-store'], body)
  }

  #sendProblem(
    request: RequestContext,
    problem: Problem,
    { page, query }: { page: Page | undefined; query: PageQuery },
  ): void {
    replaceSecurityHeaders(request, pageHeaders)
    if (page?.access === 'personal' && problem.code === 'unauthenticated') {
      const to = encodeURIComponent(request.req.url ?? '/')
      send(request, 303, ['Location', `/shop/session?to=${to}`, 'Cache-Control', 'no-store', 'Content-Length', '0'], '')
      return
    }
    const context = this.#contextOf(languageOf(request.req))
    const view = page?.viewProblem ?? problemPage
    const content = view({ ...problem, requestId: request.requestId }, query, context)
    const body = Buffer.from(this.#render(content, context))
    send(request, problem.status, problemHeaders(problem, body.byteLength, htmlType), body)
  }
}

/** The caller, if signed in. Without credentials demo mode would create a new guest, who has nothing to see. */
export function signedIn(proven: Caller | undefined): Caller {
  if (proven?.role === 'user') return proven
  throw new TicketingError('unauthenticated', 'Sign in first.')
}
