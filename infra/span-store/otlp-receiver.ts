import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { decodeSpans } from './otlp-spans.ts'
import type { ReceivedSpan } from './span.ts'

export interface OtlpReceiver {
  readonly url: string
  readonly port: number
  stop(): void
}

export interface OtlpReceiverOptions {
  /** 0 picks a free one. */
  readonly port: number
  onSpans(spans: readonly ReceivedSpan[]): void
  /** A request was no OTLP; its sender is told so. */
  onUnreadable(error: unknown): void
}

interface ExportCall {
  readonly request: Buffer
}

type Answer = (error: { code: status; details: string } | null, reply?: object) => void

/** Takes spans over OTLP gRPC on 127.0.0.1, as Jaeger and the OpenTelemetry collector do. Throws when the port is taken. */
export async function startOtlpReceiver({ port, ...options }: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const server = new Server()
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes: Buffer) => bytes,
        // gRPC wants all four; a receiver sends no requests, and its reply to a batch taken as a whole is empty.
        requestSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: () => ({}),
        responseSerialize: () => Buffer.alloc(0),
      },
    },
    {
      export({ request }: ExportCall, answer: Answer) {
        let spans: ReceivedSpan[]
        try {
          spans = decodeSpans(request)
        } catch (error) {
          options.onUnreadable(error)
          return answer({ code: status.INVALID_ARGUMENT, details: 'not an OTLP export request' })
        }
        options.onSpans(spans)
        answer(null, {})
      },
    },
  )
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, boundPort) =>
      error ? reject(error) : resolve(boundPort),
    )
  })
  return { url: `http://127.0.0.1:${bound}`, port: bound, stop: () => server.forceShutdown() }
}
