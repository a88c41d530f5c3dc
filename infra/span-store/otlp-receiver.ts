import { Server, ServerCredentials } from '@grpc/grpc-js'
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
}

interface ExportCall {
  readonly request: readonly ReceivedSpan[]
}

/** Takes spans over OTLP gRPC on 127.0.0.1, as Jaeger and the OpenTelemetry collector do. Throws when the port is taken. */
export async function startOtlpReceiver({ port, onSpans }: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const server = new Server()
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestDeserialize: decodeSpans,
        // gRPC wants all four; a receiver sends no requests, and its reply to a batch taken as a whole is empty.
        requestSerialize: () => Buffer.alloc(0),
        responseDeserialize: () => ({}),
        responseSerialize: () => Buffer.alloc(0),
      },
    },
    {
      export(call: ExportCall, answer: (error: null, reply: object) => void) {
        onSpans(call.request)
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
