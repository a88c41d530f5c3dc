/** `node infra/probe.ts URL`, for the health checks of containers: exit code 0 when it answers 2xx within two seconds, else 1. */
const healthy = await fetch(process.argv[2] ?? '', { signal: AbortSignal.timeout(2_000) }).then(
  ({ ok }) => ok,
  () => false,
)
process.exitCode = healthy ? 0 : 1
