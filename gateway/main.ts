import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { followFacts } from '#shared/facts/follow.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { MessagingMetrics } from '#shared/messaging/messaging-metrics.ts'
import { Retries } from '#shared/messaging/retries.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { serveMetrics } from '#shared/observability/metrics-server.ts'
import { addRuntimeMetrics } from '#shared/observability/runtime-metrics.ts'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { runProcess } from '#shared/process/lifecycle.ts'
import { createRedis } from '#shared/redis.ts'
import { Invalidations } from './cache/invalidations.ts'
import { ReplyCache } from './cache/reply-cache.ts'
import { createReplyMemory } from './cache/reply-memory.ts'
import { ReplyStore } from './cache/reply-store.ts'
import { ClientAddresses } from './client-address.ts'
import { type GatewayConfig, readGatewayConfig } from './config.ts'
import { keepAliveSeconds } from './exchange/write-head.ts'
import { RecentRequests } from './fast-path/recent-requests.ts'
import { providerTokens, sessionTokens } from './identity/tokens.ts'
import { LeasedLimits } from './limits/leased-limits.ts'
import { createRequestLimits } from './limits/request-limit.ts'
import { createListener } from './listener.ts'
import { GatewayMetrics } from './metrics.ts'
import { answerUnreadable, maxHeadBytes } from './unreadable-requests.ts'

/** How long answers under way may still take after the signal to stop, in milliseconds. */
const finishInFlightMs = 10_000

/**
 * How long a gateway that is no longer ready still takes requests, closing each connection with its answer. Closing at
 * once would reset connections whose next request is on its way already.
 */
const farewellMs = 500

/** Node's defaults keep slow and silent connections for minutes. */
const httpSettings = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: keepAliveSeconds * 1_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: maxHeadBytes,
  // Nobody listens for the end of a body that never begins.
  optimizeEmptyRequests: true,
}

await runProcess<GatewayConfig>({
  readConfig: () => readGatewayConfig(process.env, process.argv.slice(2)),
  createLogger: (config) =>
    createLogger({ name: 'gateway', instance: config.instance, level: config.logLevel, settings: config }),
  async start(config, log, onStop) {
    const { instance, host, port } = config
    log.info({ port, auth: config.auth }, `gateway ${instance} starting on port ${port}`)
    if (config.auth === 'demo') log.warn('AUTH=demo: every user_id is believed. Never run this with real customers.')
    onStop(
      'tracing',
      await startTracing({
        disabled: config.tracingDisabled,
        serviceName: 'gateway',
        instance,
        sampleRatio: config.sampleRatio,
        endpoint: config.spanEndpoint,
      }),
    )
    const processMetrics = new Metrics(instance)
    addRuntimeMetrics(processMetrics)
    const messagingMetrics = new MessagingMetrics(processMetrics)
    const bus = await Bus.connect({
      ...config.nats,
      name: instance,
      timeoutMs: 5_000,
      metrics: messagingMetrics,
      retries: new Retries(messagingMetrics),
      log,
    })
    onStop('nats', () => bus.close())
    const redis = createRedis({ url: config.redisUrl, name: instance, log })
    onStop('redis', () => redis.disconnect())

    const metrics = new GatewayMetrics(processMetrics)
    const session = config.sessionSecret === undefined ? null : sessionTokens(config.sessionSecret)
    const onKeysAway = (error: Error) =>
      log.warn({ err: error }, 'the keys of the identity provider were not to be had')
    let stopping = false
    const invalidations = new Invalidations()
    const facts = followFacts(bus, {
      log,
      onFact: (fact) => invalidations.hear(fact),
      onRestart: (position) => invalidations.restart(position),
    })
    onStop('facts', () => facts.stop())
    const answer = createListener({
      instance,
      log,
      bus,
      replies: new ReplyCache({
        memory: createReplyMemory(),
        store: new ReplyStore({ redis, onError: () => metrics.cacheFailed() }),
        invalidations,
        position: () => facts.position,
      }),
      leasedLimits: new LeasedLimits({ redis, gateways: config.gateways, onLocal: () => metrics.limitedLocally() }),
      limits: config.rateLimits && createRequestLimits(config.rateLimits),
      recentRequests: new RecentRequests(),
      metrics,
      exposedMetrics: config.metrics === null ? processMetrics : null,
      identity: {
        mode: config.auth,
        verifyToken:
          config.auth === 'demo' && session !== null ? session.verify : providerTokens(config.jwt, onKeysAway),
        organiserKey: config.organiserKey,
      },
      issueToken: config.auth === 'demo' && session !== null ? session.issue : null,
      clientAddresses: new ClientAddresses(config.trustedProxies),
      isRedisReady: () => redis.status === 'ready',
      isStopping: () => stopping,
    })
    const ownMetrics = config.metrics === null ? null : await serveMetrics(processMetrics, config.metrics)
    if (ownMetrics !== null) onStop('metrics', () => ownMetrics.close())
    const server = createServer(httpSettings, answer).on('clientError', answerUnreadable(metrics))
    const address = await listen(server, port, host)
    onStop('http', () => closeServer(server))
    onStop('readiness', async () => {
      stopping = true
      await new Promise((resolve) => setTimeout(resolve, farewellMs))
    })
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
    const metricsUrl = ownMetrics?.url ?? `${url}/metrics`
    log.info(
      { url, port: address.port, metrics_url: metricsUrl },
      `gateway ${instance} listening on port ${address.port}`,
    )
    return { url, port: address.port, metrics_url: metricsUrl }
  },
})

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

/** Takes no new connections, lets answers under way finish, then cuts what is left. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), finishInFlightMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
