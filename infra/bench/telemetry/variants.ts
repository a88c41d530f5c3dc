/** How the processes under test report spans. */
export const variants = ['off', '1 %', '100 %', '100 %, black hole'] as const
export type Variant = (typeof variants)[number]

/** What one variant may cost beside another, in processor time a request. */
export interface Comparison {
  readonly variant: Variant
  readonly baseline: Variant
  /** The highest ratio that is good. */
  readonly bound: number
}

export const comparisons: readonly Comparison[] = [
  { variant: '1 %', baseline: 'off', bound: 1.1 },
  { variant: '100 %', baseline: 'off', bound: 1.5 },
  { variant: '100 %, black hole', baseline: '100 %', bound: 1.05 },
]

/** Where spans may be sent to. */
export interface SpanSinks {
  /** Takes spans and forgets them. */
  readonly healthyUrl: string
  /** Takes connections and never says a word. */
  readonly blackHoleUrl: string
}

export function environmentOf(variant: Variant, { healthyUrl, blackHoleUrl }: SpanSinks): Record<string, string> {
  switch (variant) {
    case 'off':
      return { OTEL_SDK_DISABLED: 'true' }
    case '1 %':
      return { OTEL_TRACES_SAMPLER_ARG: '0.01', OTEL_EXPORTER_OTLP_ENDPOINT: healthyUrl }
    case '100 %':
      return { OTEL_TRACES_SAMPLER_ARG: '1', OTEL_EXPORTER_OTLP_ENDPOINT: healthyUrl }
    case '100 %, black hole':
      return { OTEL_TRACES_SAMPLER_ARG: '1', OTEL_EXPORTER_OTLP_ENDPOINT: blackHoleUrl }
  }
}
