import { startOtlpReceiver } from '../../infra/span-store/otlp-receiver.ts'
import type { ReceivedSpan } from '../../infra/span-store/span.ts'

/** Stands in for Jaeger: takes spans over OTLP gRPC on a free port and keeps them. */
export async function startOtlpSink(): Promise<{ url: string; spans: ReceivedSpan[]; stop(): void }> {
  const spans: ReceivedSpan[] = []
  const { url, stop } = await startOtlpReceiver({
    port: 0,
    onSpans: (batch) => spans.push(...batch),
    onUnreadable: (error) => {
      throw error
    },
  })
  return { url, spans, stop }
}
