import { commonSettings } from '#shared/process/config.ts'
import { isListening } from '../free-port.ts'

/** Where the spans of all processes go. */
export interface SpanDestination {
  /** Of OTLP over gRPC; `null`: each process writes its own to the data folder. */
  readonly url: string | null
}

/** The port of OTLP over gRPC, where Jaeger and the OpenTelemetry collector listen. */
const otlpPort = 4317
const host = '127.0.0.1'

/**
 * Spans go to the receiver that the environment names, else to one on the well-known port of this machine, else to files.
 * `null` when no spans are made.
 */
export async function spanDestination(
  environment: NodeJS.ProcessEnv,
  wellKnownPort = otlpPort,
): Promise<SpanDestination | null> {
  if (commonSettings.OTEL_SDK_DISABLED.safeParse(environment.OTEL_SDK_DISABLED).data === true) return null
  const given = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT
  if (given !== undefined) return { url: given }
  return { url: (await isListening({ host, port: wellKnownPort })) ? `http://${host}:${wellKnownPort}` : null }
}
