import type { IncomingMessage } from 'node:http'
import accepts from 'accepts'
import { TicketingError } from '#shared/errors.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { FindAnswer } from '../http/listener.ts'
import { type RequestContext, replaceSecurityHeaders, send } from '../http/request-context.ts'
import type { IdentifyOptions } from '../identity/identify.ts'
import type { Context, Middleware, OwnRoute } from '../koa/context.ts'
import type { LimitFailures, RateLimit } from '../koa/rate-limit.ts'
import { readCredentials, setCaller } from '../koa/read-caller.ts'
import { type PublicLimits, rateLimitKey } from '../limits/rate-limits.ts'
import { parseQuery } from '../routes/parse-request.ts'
import { PageAnswers, type PageParts, signedIn } from './answer-page.ts'
import type { AssetStore } from './asset-store.ts'
import { assetEncodings } from './assets.ts'
import { pageHeaders } from './page-headers.ts'
import { bookingDetailsPage } from './pages/booking.ts'
import { myBookingsPage } from './pages/bookings.ts'
import { calendarFile } from './pages/calendar.ts'
import { deskPages } from './pages/desk.ts'
import { doorOfEvent } from './pages/door.ts'
import { eventPage } from './pages/event.ts'
import { payPage } from './pages/hold.ts'
import { myDataPage } from './pages/my-data.ts'
import type { Page } from './pages/page.ts'
import { planPicture } from './pages/plan-picture.ts'
import { queuePage } from './pages/queue.ts'
import { sessionPage } from './pages/session.ts'
import { carriedTicketPage } from './pages/ticket.ts'
import { waitingList } from './pages/waiting-list.ts'
import { whatsOnPage } from './pages/whats-on.ts'
import type { PageContent } from './views/document.ts'

/** Every page: for buyers, from the list of events to the ticket, for organisers, and for the door. */
export const allPages: readonly Page[] = [
  whatsOnPage,
  eventPage,
  planPicture,
  queuePage,
  waitingList,
  payPage,
  myBookingsPage,
  bookingDetailsPage,
  calendarFile,
  carriedTicketPage,
  sessionPage,
  myDataPage,
  ...deskPages,
  doorOfEvent,
]

export interface StorefrontParts extends PageParts {
  readonly store: AssetStore
  /** Null: requests are not limited. */
  readonly limits: PublicLimits | null
  readonly identity: IdentifyOptions
  readonly rateLimit: RateLimit
  readonly limitFailures: LimitFailures
}

export interface Storefront {
  /** Pages that are the same for everybody, and the files of all pages. Answered without Koa. */
  readonly find: FindAnswer
  /** All pages, for requests that the listener leaves to Koa. */
  readonly routes: readonly OwnRoute[]
  showProblems(request: RequestContext): void
  /** Sends content in the look of the storefront. */
  sendPage(request: RequestContext, content: PageContent): Promise<void>
  /** Sends remembered refusals of pages as pages, too. */
  refusalsOf(find: FindAnswer): FindAnswer
}

/** The pages for buyers and the files that they load. */
export function createStorefront(parts: StorefrontParts): Storefront {
  const answers = new PageAnswers(parts)
  for (const page of allPages) if (page.access === 'public') parts.metrics.announceCachedEndpoint(page.path)
  const { limits } = parts
  return {
    find(req) {
      const { url = '' } = req
      if (url.startsWith('/assets/')) return findAsset(url, parts)
      const target = matchPage(url)
      if (target === undefined) return undefined
      const { page, query } = target
      const limit = limitOf(page, target.search)
      return {
        endpoint: page.path,
        mayBeginTrace: () => limits === null || !limits.refuses(req, limit),
        async send(request) {
          answers.begin(request, page, query)
          if (limits !== null && !(await limits.admit(request, limit))) return
          await answerShared(request, { page, query }, answers)
        },
      }
    },
    routes: allPages.map((page) => ({
      method: 'GET',
      path: page.path,
      middleware: middlewareOf(page, answers, parts),
    })),
    showProblems: (request) => answers.begin(request),
    sendPage: (request, content) => answers.sendContent(request, content),
    refusalsOf: (find) => (req) => {
      const answer = find(req)
      if (answer === undefined || !req.url?.startsWith('/shop/')) return answer
      return {
        ...answer,
        send(request) {
          answers.begin(request)
          return answer.send(request)
        },
      }
    },
  }
}

/** A page that knows no caller. */
type SharedPage = Exclude<Page, { access: 'personal' }>

interface PageTarget {
  readonly page: SharedPage
  /** Path and query parameters. */
  readonly query: Readonly<Record<string, unknown>>
  /** The unchanged query, without its question mark. */
  readonly search: string
}

function isShared(page: Page): page is SharedPage {
  return page.access !== 'personal'
}

const sharedPages = allPages.filter(isShared).map((page) => ({ page, segments: page.path.split('/') }))

/** Plain paths. Whole URLs and percent-encoded letters go to Koa's router, which has the same pages. */
const plainTarget = /^\/[!-"$-~]*$/

/** The shared page that a URL names. */
function matchPage(url: string): PageTarget | undefined {
  if (!plainTarget.test(url)) return undefined
  const [path = '', ...rest] = url.split('?')
  if (path.includes('%')) return undefined
  const segments = path.split('/')
  const match = sharedPages.find(
    (candidate) =>
      candidate.segments.length === segments.length &&
      candidate.segments.every((expected, at) =>
        expected.startsWith(':') ? segments[at] !== '' : expected === segments[at],
      ),
  )
  if (match === undefined) return undefined
  const parameters = match.segments.flatMap((name, at) => (name.startsWith(':') ? [[name.slice(1), segments[at]]] : []))
  const search = rest.join('?')
  return { page: match.page, search, query: { ...parseQuery(search), ...Object.fromEntries(parameters) } }
}

function limitOf(page: SharedPage, search: string) {
  return page.access === 'public' ? (page.limit?.(search) ?? 'browse') : 'browse'
}

function answerShared(
  request: RequestContext,
  { page, query }: Pick<PageTarget, 'page' | 'query'>,
  answers: PageAnswers,
): Promise<void> {
  return page.access === 'public'
    ? answers.answerPublic(request, page, query)
    : answers.answerPlain(request, page, query)
}

/** The middleware of a page in Koa, after the limit of the address. */
function middlewareOf(page: Page, answers: PageAnswers, parts: StorefrontParts): Middleware[] {
  const { identity, limitFailures, rateLimit, mode } = parts
  const queryOf = (ctx: Context) => ({ ...parseQuery(ctx.querystring), ...(ctx.params as Record<string, string>) })
  const begin: Middleware = (ctx, next) => {
    answers.begin(ctx.state.request, page, queryOf(ctx))
    return next()
  }
  if (isShared(page)) {
    // The same buckets as in `publicLimits`.
    const keyOf = (ctx: Context) => rateLimitKey(mode, ctx.state.client, anonymous, '')
    const limits = { browse: rateLimit('browse', keyOf), search: rateLimit('search', keyOf) }
    const limit: Middleware = (ctx, next) => limits[limitOf(page, ctx.querystring)](ctx, next)
    return [begin, limit, (ctx) => answerShared(ctx.state.request, { page, query: queryOf(ctx) }, answers)]
  }
  return [
    begin,
    readCredentials('caller', identity, limitFailures),
    setCaller('caller', identity),
    rateLimit('my-things', (ctx) => ctx.state.rateLimitKey),
    (ctx) => answers.answerPersonal(ctx.state.request, page, queryOf(ctx), signedIn(ctx.state.proven)),
  ]
}

/** The service worker that shows visited tickets, and the page of the door, offline. */
const offlineWorker = 'browser/offline-worker.js'

/** Finds the file of `/assets/<release>/<path>`. */
function findAsset(url: string, { store, limits }: StorefrontParts): ReturnType<FindAnswer> {
  const [, , release = '', ...rest] = (url.split('?')[0] ?? '').split('/')
  return {
    endpoint: '/assets/:release/:path',
    mayBeginTrace: () => false,
    async send(request) {
      if (limits !== null && !(await limits.admit(request, 'browse'))) return
      const path = rest.join('/')
      const asset = await store.find(release, path)
      if (asset === undefined) throw new TicketingError('not_found', 'There is no such file.')
      const encoding = asset.compressed && assetEncodings.find((name) => takes(request.req, name))
      const body = (encoding && (await asset.compressed?.[encoding]())) ?? asset.plain
      request.isRoutine = true
      // A service worker uses the security policy of its script, and must handle pages outside its folder.
      if (path === offlineWorker) replaceSecurityHeaders(request, [...pageHeaders, 'Service-Worker-Allowed', '/'])
      const headers = ['Content-Type', asset.type, 'Content-Length', String(body.byteLength), 'Vary', 'Accept-Encoding']
      if (encoding !== undefined) headers.push('Content-Encoding', encoding)
      send(request, 200, [...headers, 'Cache-Control', 'public, max-age=31536000, immutable'], body)
    },
  }
}

function takes(req: IncomingMessage, encoding: string): boolean {
  return accepts(req).encodings().includes(encoding)
}
