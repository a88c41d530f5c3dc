/** The value of an attribute. */
export type AttributeValue = string | number | boolean | readonly AttributeValue[]

export type Attributes = Readonly<Record<string, AttributeValue>>

/** In the order of OpenTelemetry's numbers. */
export const spanKinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const
export type SpanKind = (typeof spanKinds)[number]

/** In the order of OpenTelemetry's numbers. */
export const spanStatuses = ['unset', 'ok', 'error'] as const
export type SpanStatus = (typeof spanStatuses)[number]

/** One timed piece of work, as a process recorded it. */
export interface StoredSpan {
  readonly traceId: string
  readonly spanId: string
  /** '' for the first span of a trace. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: SpanKind
  /** `service.name` of the process. */
  readonly service: string
  /** `service.instance.id` of the process. */
  readonly instance: string
  /** Microseconds since 1970. */
  readonly startUs: number
  readonly endUs: number
  readonly attributes: Attributes
  readonly status: SpanStatus
  readonly statusMessage: string
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
}

export interface SpanEvent {
  readonly name: string
  readonly timeUs: number
  readonly attributes: Attributes
}

/** A related span that is not the parent. */
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
}
