import { type OpenMetricsContentType, Registry } from 'prom-client'

/** What a page of metrics is answered with. */
export interface ExposedMetrics {
  readonly contentType: string
  readonly text: string
}

/** All that one process counts. Every series carries its `instance`, so that Prometheus must honour labels. */
export class Metrics {
  readonly registry: Registry<OpenMetricsContentType>

  constructor(instance: string) {
    this.registry = new Registry<OpenMetricsContentType>()
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    this.registry.setDefaultLabels({ instance })
  }

  /** In OpenMetrics where `accept` (the HTTP header) names it, as Prometheus does: only there are exemplars. Else plain text. */
  async expose(accept: string): Promise<ExposedMetrics> {
    const openMetrics = await this.registry.metrics()
    if (accept.includes('application/openmetrics-text')) {
      return { contentType: this.registry.contentType, text: openMetrics }
    }
    return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: toPlainText(openMetrics) }
  }
}

/** The older format: counters by their full name, no exemplars, no end mark. */
function toPlainText(openMetrics: string): string {
  return openMetrics
    .replace(/^# HELP (\S+) (.*)\n# TYPE \1 counter$/gm, '# HELP $1_total $2\n# TYPE $1_total counter')
    .replace(/ # \{trace_id="[\da-f]+"\} \S+ \S+$/gm, '')
    .replace(/# EOF\n$/, '')
}
