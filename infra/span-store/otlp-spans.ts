import protobuf from 'protobufjs'
import {
  type Attributes,
  type AttributeValue,
  type ReceivedSpan,
  type SpanEvent,
  spanKinds,
  spanStatuses,
} from './span.ts'

/** The part of OTLP that we look at; field numbers from the OpenTelemetry protocol, trace v1. */
const exportRequest = protobuf
  .parse(`
  syntax = "proto3";
  message ExportRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    int32 kind = 6;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    repeated Event events = 11;
    repeated Link links = 13;
    Status status = 15;
  }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value {
      string string_value = 1;
      bool bool_value = 2;
      int64 int_value = 3;
      double double_value = 4;
      ArrayValue array_value = 5;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
`)
  .root.lookupType('ExportRequest')

/** As protobufjs hands out 64 bits; members that were not sent stand in the prototype with their default. */
interface Long {
  readonly high: number
  readonly low: number
  toNumber(): number
}

/** Bytes that were not sent are an empty list. */
type Bytes = Uint8Array | readonly number[]

interface AnyValue {
  /** Which member was sent. */
  readonly value?: 'stringValue' | 'boolValue' | 'intValue' | 'doubleValue' | 'arrayValue'
  readonly stringValue: string
  readonly boolValue: boolean
  readonly intValue: Long
  readonly doubleValue: number
  readonly arrayValue: { readonly values: readonly AnyValue[] }
}

type KeyValues = readonly { readonly key: string; readonly value: AnyValue | null }[]

interface Span {
  readonly traceId: Bytes
  readonly spanId: Bytes
  readonly parentSpanId: Bytes
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: Long
  readonly endTimeUnixNano: Long
  readonly attributes: KeyValues
  readonly events: readonly { readonly timeUnixNano: Long; readonly name: string; readonly attributes: KeyValues }[]
  readonly links: readonly { readonly traceId: Bytes; readonly spanId: Bytes }[]
  readonly status: { readonly message: string; readonly code: number } | null
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues } | null
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
}

/** The spans of one export request. Throws when `bytes` are not one. */
export function decodeSpans(bytes: Uint8Array): ReceivedSpan[] {
  const { resourceSpans } = exportRequest.decode(bytes) as unknown as ExportRequest
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const process = attributesOf(resource?.attributes ?? [])
    const service = String(process['service.name'] ?? '')
    const instance = String(process['service.instance.id'] ?? '')
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ service, instance, ...receivedSpan(span) })))
  })
}

function receivedSpan(span: Span): Omit<ReceivedSpan, 'service' | 'instance'> {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name,
    kind: spanKinds[span.kind] ?? 'unspecified',
    startUs: microseconds(span.startTimeUnixNano),
    endUs: microseconds(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    status: spanStatuses[span.status?.code ?? 0] ?? 'unset',
    statusMessage: span.status?.message ?? '',
    events: span.events.map(
      ({ name, timeUnixNano, attributes }): SpanEvent => ({
        name,
        timeUs: microseconds(timeUnixNano),
        attributes: attributesOf(attributes),
      }),
    ),
    links: span.links.map(({ traceId, spanId }) => ({ traceId: hex(traceId), spanId: hex(spanId) })),
  }
}

function attributesOf(pairs: KeyValues): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value === null ? '' : attributeValue(value)]))
}

function attributeValue(any: AnyValue): AttributeValue {
  switch (any.value) {
    case 'intValue':
      return any.intValue.toNumber()
    case 'arrayValue':
      return any.arrayValue.values.map(attributeValue)
    case undefined:
      return ''
    default:
      return any[any.value]
  }
}

/** Nanoseconds since 1970 are too many for a number. */
function microseconds({ high, low }: Long): number {
  return Math.round(((high >>> 0) * 2 ** 32) / 1_000 + (low >>> 0) / 1_000)
}

function hex(bytes: Bytes): string {
  return Buffer.from(bytes).toString('hex')
}
