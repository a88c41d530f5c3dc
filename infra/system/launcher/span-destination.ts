import { commonSettings } from '#shared/process/config.ts'
import { freePort, isListening } from '../free-port.ts'

/** Where the spans of all processes go. */
export interface SpanDestination {
  /** Of OTLP over gRPC. */
  readonly url: string
  /** Of a store of our own, which is to be started; `null` where somebody else takes the spans. */
  readonly ownPort: number | null
}

/** The port of OTLP over gRPC, where Jaeger and the OpenTelemetry collector listen. */
const otlpPort = 4317
const host = '127.0.0.1'

/**
 * Spans go to whom the environment names, else to whoever listens on the well-known port of this machine, else to a store of
 * our own. `null` when no spans are made.
 */
export async function spanDestination(
  environment: NodeJS.ProcessEnv,
  wellKnownPort = otlpPort,
): Promise<SpanDestination | null> {
  if (commonSettings.OTEL_SDK_DISABLED.safeParse(environment.OTEL_SDK_DISABLED).data === true) return null
  const given = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT
  if (given !== undefined) return { url: given, ownPort: null }
  if (await isListening({ host, port: wellKnownPort })) return { url: urlOf(wellKnownPort), ownPort: null }
  const port = await freePort()
  return { url: urlOf(port), ownPort: port }
}

function urlOf(port: number): string {
  return `http://${host}:${port}`
}
