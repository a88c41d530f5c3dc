import type { HrTime } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type Logger from 'bunyan'
import { SpanWriter } from './span-writer.ts'
import { type Attributes, type StoredSpan, spanKinds, spanStatuses } from './stored-span.ts'

export interface SpanFileOptions {
  readonly directory: string
  readonly serviceName: string
  readonly instance: string
  /** Informed once when spans begin to be lost, and once when they are written again. */
  readonly log: Logger
}

/** Limit of each of the two files of a process: some ten thousand spans. */
const maxBytes = 16 * 1024 * 1024

/** Of an `ExportResult`. */
const exported = { code: 0 } as const

/** Writes the spans of this process to files in `directory`, when there is no receiver of spans. A full disk loses only spans. */
export class SpanFileExporter implements SpanExporter {
  readonly #options: SpanFileOptions
  readonly #writer: SpanWriter
  #isLosing = false

  constructor(options: SpanFileOptions) {
    this.#options = options
    this.#writer = new SpanWriter({ ...options, maxBytes })
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    const { log } = this.#options
    try {
      this.#writer.write(spans.map((span) => this.#stored(span)))
      if (this.#isLosing) log.info('writing spans was resumed')
      this.#isLosing = false
    } catch (error) {
      if (!this.#isLosing) log.warn({ err: error }, 'spans were lost: they could not be written')
      this.#isLosing = true
      // Opened again next time: somebody may have deleted the file to free space.
      this.#writer.close()
    }
    done(exported)
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.#writer.close()
  }

  #stored(span: ReadableSpan): StoredSpan {
    const { serviceName: service, instance } = this.#options
    const { traceId, spanId } = span.spanContext()
    return {
      traceId,
      spanId,
      parentSpanId: span.parentSpanContext?.spanId ?? '',
      name: span.name,
      kind: spanKinds[span.kind] ?? 'internal',
      service,
      instance,
      startUs: microseconds(span.startTime),
      endUs: microseconds(span.endTime),
      attributes: span.attributes as Attributes,
      status: spanStatuses[span.status.code] ?? 'unset',
      statusMessage: span.status.message ?? '',
      events: span.events.map(({ name, time, attributes = {} }) => ({
        name,
        timeUs: microseconds(time),
        attributes: attributes as Attributes,
      })),
      links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
    }
  }
}

/** Nanoseconds since 1970 exceed the exact range of a number. */
function microseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000_000 + Math.round(nanoseconds / 1_000)
}
