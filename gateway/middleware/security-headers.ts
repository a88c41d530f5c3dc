import helmet from 'koa-helmet'

type HelmetContext = Parameters<ReturnType<typeof helmet>>[0]

/** TLS ends in front of the gateway: forcing browsers to https is that place's decision. */
const settings = {
  strictTransportSecurity: false,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
} as const

/**
 * What helmet has every answer say, names and values in turn. It says the same to everybody, so it is asked once and not for each
 * request, where it would cost as much as all the rest of a cached answer.
 */
export async function securityHeaders(): Promise<readonly string[]> {
  const headers: string[] = []
  const res = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    removeHeader: () => undefined,
  }
  await helmet(settings)({ req: {}, res } as unknown as HelmetContext, async () => undefined)
  return headers
}
