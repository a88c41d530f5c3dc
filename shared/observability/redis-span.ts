import { SpanKind } from '@opentelemetry/api'
import { withSpan } from './tracing.ts'

/** Runs a command of Redis, or a script by its name, inside a span. */
export function withRedisSpan<Reply>(command: string, run: () => Promise<Reply>): Promise<Reply> {
  const attributes = { 'db.system.name': 'redis', 'db.operation.name': command }
  return withSpan(`redis ${command}`, { kind: SpanKind.CLIENT, attributes }, run)
}
