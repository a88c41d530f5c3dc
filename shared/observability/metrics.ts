import { Counter, Gauge, type OpenMetricsContentType, Registry } from 'prom-client'

/** The metrics of one process. Every series carries its `instance`, so Prometheus must honour labels. */
export class Metrics {
  readonly registry: Registry<OpenMetricsContentType>

  constructor(instance: string) {
    this.registry = new Registry<OpenMetricsContentType>()
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    this.registry.setDefaultLabels({ instance })
  }

  /** Adds a gauge without labels, read at every scrape. */
  watch(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read())
      },
    })
  }

  /** OpenMetrics, which alone has exemplars, if the HTTP header `accept` names it, as Prometheus does; else plain text. */
  async expose(accept: string): Promise<{ contentType: string; text: string }> {
    const openMetrics = await this.registry.metrics()
    if (accept.includes('application/openmetrics-text')) {
      return { contentType: this.registry.contentType, text: openMetrics }
    }
    return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: toPlainText(openMetrics) }
  }
}

/** The older format: counters with their full names, no exemplars, no end mark. */
function toPlainText(openMetrics: string): string {
  return openMetrics
    .replace(/^# HELP (\S+) (.*)\n# TYPE \1 counter$/gm, '# HELP $1_total $2\n# TYPE $1_total counter')
    .replace(/ # \{trace_id="[\da-f]+"\} \S+ \S+$/gm, '')
    .replace(/# EOF\n$/, '')
}

/** Counts by one label. prom-client builds the name of a series at each increment, this at each scrape. */
export class Tally<Label extends string, Value extends string> {
  /** Since the last scrape. */
  readonly #counts = new Map<Value, number>()

  constructor(
    { registry }: Pick<Metrics, 'registry'>,
    { name, help, labelName }: { name: string; help: string; labelName: Label },
  ) {
    const counts = this.#counts
    new Counter<Label>({
      name,
      help,
      labelNames: [labelName],
      registers: [registry],
      collect() {
        for (const [value, count] of counts) this.inc({ [labelName]: value } as Record<Label, Value>, count)
        counts.clear()
      },
    })
  }

  count(value: Value, times = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times)
  }
}
