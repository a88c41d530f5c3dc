import { forFile, forProcess } from '../../support/for-file.ts'
import { startBrowser } from './browser.ts'
import { startShop } from './shop.ts'

/* What all files of a process share (`together/`): its tests look at their own events and buyers alone. */

export const sharedBrowser = forProcess(() => forFile(startBrowser))

/** With the limits that a shop usually has, for readers who buy little. */
export const sharedShop = forProcess(() => forFile(() => startShop()))

/** For many buyers of one address. */
export const sharedUnlimitedShop = forProcess(() => forFile(() => startShop({ env: { RATE_LIMITS: 'off' } })))
