# Loads every process once, so that containers find its code compiled. Without settings each ends with exit code 2 as soon as
# all of its modules are there; any other end means that it would not start.
set -eu

for process in gateway/main.ts workers/*/main.ts infra/ops/audit/main.ts infra/ops/payment-sandbox/main.ts; do
  status=0
  node "$process" 2>/dev/null || status=$?
  [ "$status" -eq 2 ] || { echo "$process does not load: exit code $status" >&2; exit 1; }
done
# Loaded only where spans are exported (shared/observability/start-tracing.ts).
node --eval "import('@opentelemetry/sdk-node'); import('@opentelemetry/exporter-trace-otlp-grpc')"
