import helmet from 'koa-helmet'
import { TicketingError } from '#shared/errors.ts'
import { problemKinds } from '../http/problems.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { Mode } from '../identity/identify.ts'
import type { OwnRoute } from '../koa/context.ts'
import { openApiDocument } from '../openapi/document.ts'
import { explanations } from '../openapi/explanations.ts'
import type { PageContent } from '../storefront/views/document.ts'
import { type DocsAssets, readDocsAssets } from './docs-assets.ts'
import { type HealthParts, viewHealth } from './health.ts'
import { docsPage, problemKindPage, runningPage } from './pages.ts'

/** Scripts and styles come only from this host, none inline; the icons of Swagger UI are `data:` URLs. */
const docsHeaders = helmet({
  strictTransportSecurity: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      ...{ defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], connectSrc: ["'self'"] },
      fontSrc: ["'self'"],
      ...{ imgSrc: ["'self'", 'data:'], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
  },
})

interface DocsParts extends HealthParts {
  readonly instance: string
  readonly mode: Mode
  /** Whether this port serves `/metrics`. */
  readonly hasMetrics: boolean
  readonly shopName: string
  /** Addresses of the storefront's style sheets. */
  readonly release: string
  /** Sends a page in the look of the storefront. */
  readonly sendPage: (request: RequestContext, content: PageContent) => Promise<void>
}

/** The page of what is running, the API as a document and as a page, and a page for each error. */
export function docsRoutes(parts: DocsParts): OwnRoute[] {
  // Built on first use: each takes a tenth of a second.
  let openApi: string | undefined
  let assets: Promise<DocsAssets> | undefined
  const wantAssets = (): Promise<DocsAssets> => {
    assets ??= readDocsAssets()
    return assets
  }
  return [
    {
      method: 'GET',
      path: '/running',
      middleware: [
        async (ctx) => {
          const { instance, hasMetrics } = parts
          // Behind a proxy: the proxy's name and port.
          const { host } = ctx
          const health = await viewHealth(parts)
          await parts.sendPage(ctx.state.request, runningPage({ instance, host, hasMetrics, ...health }))
        },
      ],
    },
    {
      method: 'GET',
      path: '/openapi.json',
      middleware: [
        (ctx) => {
          ctx.type = 'application/json'
          openApi ??= JSON.stringify(openApiDocument(parts.mode))
          ctx.body = openApi
        },
      ],
    },
    {
      method: 'GET',
      path: '/docs',
      middleware: [
        docsHeaders,
        async (ctx) => {
          ctx.type = 'html'
          const docs = `/docs/${(await wantAssets()).version}`
          const shop = `/assets/${parts.release}`
          ctx.body = docsPage({ docs, shop, name: parts.shopName, isDemo: parts.mode === 'demo' })
        },
      ],
    },
    {
      method: 'GET',
      path: '/docs/:version/:file',
      middleware: [
        async (ctx) => {
          const { version, file } = ctx.params as { version: string; file: string }
          const { version: present, files } = await wantAssets()
          const asset = files.get(file)
          if (version !== present || asset === undefined)
            throw new TicketingError('not_found', 'There is no such file.')
          ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
          ctx.vary('Accept-Encoding')
          const isCompressed = ctx.acceptsEncodings('gzip', 'identity') === 'gzip'
          if (isCompressed) ctx.set('Content-Encoding', 'gzip')
          ctx.body = isCompressed ? asset.compressed : asset.plain
          ctx.type = file.endsWith('.css') ? 'text/css' : 'text/javascript'
        },
      ],
    },
    {
      method: 'GET',
      path: '/problems/:code',
      middleware: [
        async (ctx) => {
          const { code } = ctx.params as { code: string }
          const problem = problemKinds().find((candidate) => candidate.code === code)
          if (problem === undefined) throw new TicketingError('not_found', 'There is no such problem.')
          ctx.vary('Accept')
          if (ctx.accepts('html', 'json') === 'json') {
            ctx.body = { ...problem, explanation: explanations[problem.code] }
            return
          }
          await parts.sendPage(ctx.state.request, problemKindPage(problem))
        },
      ],
    },
  ]
}
