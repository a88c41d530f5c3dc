import type { HrTime } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type Logger from 'bunyan'
import { SpanWriter } from './span-writer.ts'
import { type Attributes, type StoredSpan, spanKinds, spanStatuses } from './stored-span.ts'

export interface SpanFileOptions {
  readonly directory: string
  readonly serviceName: string
  readonly instance: string
  /** Told once when spans begin to be lost, and once when they are written again. */
  readonly log: Logger
}

/** Of each of the two files of a process: some ten thousand spans. */
const maxBytes = 16 * 1024 * 1024

/** Of an `ExportResult`. */
const exported = { code: 0 } as const

/** Writes the spans of this process to files in `directory`, where no receiver of spans is. A full disk costs spans, and nothing else. */
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
      if (this.#isLosing) log.info('spans are written again')
      this.#isLosing = false
    } catch (error) {
      if (!this.#isLosing) log.warn({ err: error }, 'spans are lost: they cannot be written')
      this.#isLosing = true
      // Opened anew next time: the file may have been deleted to make room.
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

/** Nanoseconds since 1970 are too many for a number. */
function microseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000_000 + Math.round(nanoseconds / 1_000)
}
