import { forFile, forProcess } from './for-file.ts'
import { startSystem } from './system.ts'

/* Systems that several files share. Apart from `system.ts`, which also runs outside of tests: for screenshots. */

/** One without rate limits for all files of a process. Tests stop and freeze nothing of it, and look at their own events alone. */
export const sharedSystem = forProcess(() =>
  forFile(() => startSystem({ counts: { gateway: 2, booking: 2 }, env: { RATE_LIMITS: 'off' } })),
)

/** What imports need, without a gateway. */
export const sharedCatalogueSystem = forProcess(() =>
  forFile(() => startSystem({ counts: { gateway: 0, purchase: 0, sandbox: 0 } })),
)

/** A payment sandbox and nothing else. */
export const sharedSandbox = forProcess(() =>
  forFile(() => startSystem({ counts: { gateway: 0, event: 0, booking: 0, purchase: 0 } })),
)

/** Behind a proxy that names its clients, with limits that few requests reach, and without payments. */
export const sharedLimitedSystem = forProcess(() =>
  forFile(() =>
    startSystem({
      counts: { purchase: 0, sandbox: 0 },
      env: {
        TRUSTED_PROXIES: '127.0.0.1',
        RATE_LIMIT_MAXIMA: 'demo-body=40,failed-authentication=20,organise=30,sell=30,search=120',
      },
    }),
  ),
)
