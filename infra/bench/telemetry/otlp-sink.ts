import { Server, ServerCredentials } from '@grpc/grpc-js'

export interface OtlpSink {
  readonly url: string
  stop(): void
}

const bytes = (message: Buffer): Buffer => message

/** Stands in for Jaeger: takes spans over OTLP gRPC on a free port of 127.0.0.1, and hands on each request as it came. */
export async function startOtlpSink(onRequest: (request: Buffer) => void): Promise<OtlpSink> {
  const server = new Server()
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestDeserialize: bytes,
        requestSerialize: bytes,
        responseDeserialize: bytes,
        responseSerialize: bytes,
      },
    },
    {
      export({ request }: { request: Buffer }, answer: (error: null, reply: Buffer) => void) {
        onRequest(request)
        // The reply to a batch that was taken as a whole.
        answer(null, Buffer.alloc(0))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { url: `http://127.0.0.1:${port}`, stop: () => server.forceShutdown() }
}
