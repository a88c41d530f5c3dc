import { Server, ServerCredentials } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

/** A span as the sink received it. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly service: string
}

/** The part of OTLP that we look at; field numbers from the OpenTelemetry protocol, trace v1. */
const otlp = protobuf.parse(`
  syntax = "proto3";
  message ExportRequest { repeated ResourceSpans resource_spans = 1; }
  message ExportReply {}
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { string string_value = 1; }
`).root

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue: string } }[] }
    scopeSpans: { spans: { traceId: Buffer; spanId: Buffer; parentSpanId: Buffer; name: string }[] }[]
  }[]
}

/** Stands in for Jaeger: takes spans over OTLP gRPC on a free port and keeps them. */
export async function startOtlpSink(): Promise<{ url: string; spans: ReceivedSpan[]; stop(): void }> {
  const spans: ReceivedSpan[] = []
  const requestType = otlp.lookupType('ExportRequest')
  const server = new Server()
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes: Buffer) => requestType.decode(bytes),
        requestSerialize: () => Buffer.alloc(0),
        responseDeserialize: () => ({}),
        responseSerialize: () => Buffer.alloc(0),
      },
    },
    {
      export(call: { request: ExportRequest }, answer: (error: null, reply: object) => void) {
        for (const { resource, scopeSpans } of call.request.resourceSpans) {
          const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
          for (const { traceId, spanId, parentSpanId, name } of scopeSpans.flatMap((scope) => scope.spans)) {
            const [trace, own, parent] = [traceId, spanId, parentSpanId].map((id) => Buffer.from(id).toString('hex'))
            spans.push({ traceId: trace ?? '', spanId: own ?? '', parentSpanId: parent ?? '', name, service })
          }
        }
        answer(null, {})
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { url: `http://127.0.0.1:${port}`, spans, stop: () => server.forceShutdown() }
}
