import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { followFacts } from '#shared/facts/follow.ts'
import { serveMetrics } from '#shared/observability/metrics-server.ts'
import { openParts, runProcess } from '#shared/process/lifecycle.ts'
import { createRedis } from '#shared/redis.ts'
import { type GatewayConfig, readGatewayConfig } from './config.ts'
import { ClientAddresses } from './http/client-address.ts'
import { answerClientError, answerConnect, maxHeadBytes } from './http/client-error.ts'
import { Connections } from './http/connections.ts'
import { createCors } from './http/cors.ts'
import { HostGuard } from './http/host-guard.ts'
import { createListener } from './http/listener.ts'
import { logAtIntervals } from './http/log-at-intervals.ts'
import { createObserve } from './http/observe.ts'
import { KeySessions } from './identity/key-sessions.ts'
import { providerTokens, sessionTokens } from './identity/tokens.ts'
import { createApp } from './koa/app.ts'
import { createLimitFailures, createRateLimit } from './koa/rate-limit.ts'
import { ConcurrencyLimit } from './limits/concurrency-limit.ts'
import { publicLimits, RateLimits } from './limits/rate-limits.ts'
import { RecentRefusals } from './limits/recent-refusals.ts'
import { TokenBuckets } from './limits/token-buckets.ts'
import { GatewayMetrics } from './metrics.ts'
import { docsRoutes } from './own-routes/docs.ts'
import { healthRoutes } from './own-routes/health.ts'
import { keySessionRoutes } from './own-routes/key-sessions.ts'
import { sessionRoutes } from './own-routes/session.ts'
import { webhookRoute } from './own-routes/webhooks.ts'
import { createAnswerRead, createGetReply, findPublicReads } from './reads/answer-read.ts'
import { Invalidations } from './reads/invalidations.ts'
import { RedisStore } from './reads/redis-store.ts'
import { ReplyCache } from './reads/reply-cache.ts'
import { createPerform } from './routes/perform.ts'
import { AssetStore } from './storefront/asset-store.ts'
import { readAssets } from './storefront/assets.ts'
import { createStorefront } from './storefront/register-pages.ts'
import { StreamHub } from './streams/hub.ts'
import { StreamMetrics } from './streams/metrics.ts'
import { seatsOfWorkers } from './streams/read-seats.ts'
import { seatStreamRoute } from './streams/route.ts'
import { createWaiting } from './waiting-room/create-waiting.ts'
import { finishSessions } from './waiting-room/finished-sessions.ts'
import { BookingLoad } from './waiting-room/load.ts'
import { waitingOperations } from './waiting-room/operations.ts'

/** How long requests in flight may still take after the signal to stop, in milliseconds. */
const finishInFlightMs = 10_000

/** How long a stopping gateway still accepts requests: the next one may already be on its way. Each answer closes its connection. */
const drainMs = 500

/** Node's defaults keep slow and silent connections for minutes. */
const httpSettings = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: maxHeadBytes,
  // Koa answers these with a problem.
  requireHostHeader: false,
  // No listener needs the end of a body that never begins.
  optimizeEmptyRequests: true,
}

await runProcess({
  name: 'gateway',
  env: process.env,
  readConfig: () => readGatewayConfig(process.env, process.argv.slice(2)),
  async start(config, log, onStop) {
    const { INSTANCE: instance, AUTH: mode, HOST: host } = config
    if (mode === 'demo') log.warn('AUTH=demo: every user_id is trusted. Never run this with real customers.')
    const { metrics: processMetrics, bus } = await openParts(config, { name: 'gateway', retries: true, log, onStop })
    const redis = createRedis({ url: config.REDIS_URL, name: instance, log })
    onStop('redis', () => redis.disconnect())
    const metrics = new GatewayMetrics(processMetrics)
    const clientAddresses = new ClientAddresses(config.TRUSTED_PROXIES)
    const session = config.SESSION_SECRET === undefined ? null : sessionTokens(config.SESSION_SECRET)
    const demoSession = mode === 'demo' ? session : null
    const identity = {
      mode,
      verifyToken:
        demoSession?.verify ??
        providerTokens(providerFrom(config), (error) =>
          log.warn({ err: error }, 'the keys of the identity provider could not be fetched'),
        ),
      keySessions: {
        organiser: new KeySessions('organiser', [config.ORGANISER_KEY]),
        door: new KeySessions('door', [config.DOOR_KEY, config.ORGANISER_KEY]),
      },
    }
    let stopping = false
    const isStopping = (): boolean => stopping

    const invalidations = new Invalidations()
    const hub = new StreamHub({
      source: seatsOfWorkers(bus),
      position: () => facts.position,
      max: { ofCaller: config.MAX_STREAMS_PER_CALLER, all: config.MAX_STREAMS },
      metrics: new StreamMetrics(processMetrics),
      log,
    })
    const facts = followFacts(bus, {
      log,
      onFact(fact) {
        invalidations.add(fact)
        hub.receive(fact)
      },
      onRestart(position) {
        invalidations.restart(position)
        hub.restart()
      },
    })
    onStop('facts', () => facts.stop())
    const logCacheFailure = logAtIntervals(log, 'the reply cache in Redis failed')
    const store = new RedisStore({
      redis,
      onError(error) {
        metrics.cacheFailed()
        logCacheFailure(error)
      },
    })
    const cache = new ReplyCache({ store, invalidations, position: () => facts.position })
    const { WAITING_ROOM_SECRET: roomSecret } = config
    const load = new BookingLoad()
    const waiting =
      roomSecret === undefined
        ? null
        : createWaiting({ secret: roomSecret, metrics: processMetrics, ...{ redis, bus, load, log, instance } })
    if (waiting !== null) {
      const finishing = finishSessions(bus, { sessions: waiting.sessions, log })
      onStop('finished sessions', async () => (await finishing)())
    }
    const perform = load.watch(createPerform(bus, waitingOperations(waiting)))
    const getReply = createGetReply({ cache, perform, metrics })
    const answerRead = createAnswerRead({ getReply, perform, position: () => facts.position })

    const buckets = new TokenBuckets({
      ...{ redis, gateways: config.GATEWAYS },
      onLocal: () => metrics.limitedLocally(),
      onError: logAtIntervals(log, 'the rate limits in Redis failed'),
    })
    const limits = config.quotas === null ? null : new RateLimits({ maxima: config.quotas, buckets, metrics })
    const refusals = limits === null ? null : new RecentRefusals(limits)
    const limiting = limits === null || refusals === null ? null : { limits, refusals }
    const rateLimit = createRateLimit(limiting)
    const limitFailures = createLimitFailures(limiting)
    // Pages that may use every route may also send writes.
    const hostsOfPages = config.CORS_ORIGINS.flatMap((origin) => URL.parse(origin)?.hostname ?? [])
    const hostGuard = mode === 'demo' ? new HostGuard([host, ...config.ALLOWED_HOSTS, ...hostsOfPages]) : null
    const cors = createCors(config.CORS_ORIGINS)

    const newHolds = new ConcurrencyLimit({
      slowAfterMs: config.SLOW_HOLD_MS,
      onRefused() {
        metrics.newHoldRefused()
        load.refused()
      },
    })
    metrics.watchNewHolds(newHolds)

    const connections = new Connections({
      maxOfOwner: config.MAX_CONNECTIONS_PER_ADDRESS,
      clientAddresses,
      metrics,
    })
    onStop('connections', () => connections.stop())
    const observe = createObserve({ log, metrics, cors, isStopping })
    const health = { bus, isRedisReady: () => redis.status === 'ready' }
    const exposedMetrics = config.METRICS_PORT === undefined ? processMetrics : null
    const limitsOfReads = limits && publicLimits(limits, mode, clientAddresses)
    const assets = await readAssets()
    const assetStore = new AssetStore({ redis, assets })
    void assetStore.start()
    onStop('assets', () => assetStore.stop())
    const storefront = createStorefront({
      ...{ cache, getReply, bus, metrics, assets, store: assetStore, shopName: config.SHOP_NAME, mode },
      ...{ limits: limitsOfReads, identity, rateLimit, limitFailures },
    })
    const logBrokenResponse = logAtIntervals(log, 'responses broke off')
    const app = createApp({
      onBrokenResponse(error) {
        metrics.responseBroke()
        logBrokenResponse(error)
      },
      observe,
      clientAddresses,
      rateLimit,
      limitFailures,
      hostGuard,
      cors,
      identity,
      perform,
      keepSession: async (eventId, context) => waiting?.sessions.keep(eventId, context),
      answerRead,
      newHolds,
      showProblems: storefront.showProblems,
      unlimited: [
        ...healthRoutes({ ...health, exposedMetrics, isStopping }),
        ...docsRoutes({
          ...health,
          instance,
          mode,
          hasMetrics: exposedMetrics !== null,
          shopName: config.SHOP_NAME,
          release: assets.release,
          sendPage: storefront.sendPage,
        }),
        webhookRoute(bus),
      ],
      limited: [
        seatStreamRoute({ hub, connections, identity, rateLimit, limitFailures, cors, rooms: waiting?.rooms ?? null }),
        ...storefront.routes,
        ...(demoSession === null ? [] : sessionRoutes(demoSession.issue, rateLimit)),
        ...keySessionRoutes('organiser', { identity, rateLimit, limitFailures }),
        ...keySessionRoutes('door', { identity, rateLimit, limitFailures }),
      ],
    })
    const koa = app.callback()
    const listener = createListener({
      log,
      observe,
      findPublicRead: findPublicReads({ answerRead, limits: limitsOfReads, cors }),
      findPage: storefront.find,
      findRecentRefusal: storefront.refusalsOf(refusals?.find ?? (() => undefined)),
      koa,
      hostGuard,
    })

    const { METRICS_HOST, METRICS_PORT } = config
    const ownMetrics =
      METRICS_PORT === undefined ? null : await serveMetrics(processMetrics, { host: METRICS_HOST, port: METRICS_PORT })
    if (ownMetrics !== null) onStop('metrics', () => ownMetrics.close())
    const server = createServer(httpSettings, connections.inTurn(listener))
    answerHalfClosed(server)
    server.maxConnections = config.MAX_CONNECTIONS
    server.on('drop', () => metrics.connectionCut('too_many'))
    server.on('connection', connections.add)
    server.on('checkExpectation', connections.inTurn(koa))
    server.on('clientError', answerClientError(metrics, connections))
    server.on('connect', answerConnect(metrics, connections))
    const { port } = await listen(server, config.PORT, host)
    onStop('http', () => closeServer(server))
    // Streams end first: the server would wait for them.
    onStop('streams', () => hub.stop())
    onStop('readiness', async () => {
      stopping = true
      await new Promise((resolve) => setTimeout(resolve, drainMs))
    })
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    const ready = { url, port, metrics_url: ownMetrics?.url ?? `${url}/metrics` }
    log.info({ ...ready, auth: mode }, `gateway ${instance} listening on port ${port}`)
    return ready
  },
})

function providerFrom(config: GatewayConfig) {
  const { JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_ISSUER, JWT_AUDIENCE } = config
  return { jwksUrl: JWT_JWKS_URL, publicKey: JWT_PUBLIC_KEY, issuer: JWT_ISSUER, audience: JWT_AUDIENCE }
}

/**
 * Sends the answer to a client that has ended its side of the connection after its request; by default such a client gets none. Node has
 * this property since 2011, though its documentation leaves it out. Nothing else changes.
 */
function answerHalfClosed(server: Server): void {
  Object.assign(server, { httpAllowHalfOpen: true })
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

/** Accepts no new connections, lets requests in flight finish, then cuts the remaining connections. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), finishInFlightMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
