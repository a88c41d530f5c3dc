import { scriptAddress } from './trusted-html.ts'

/*
 * Pages that open offline: visited tickets, and the page of the door. Each is saved in its own cache, with everything that it loads.
 * `offline-worker.ts` answers from these caches when the gateway does not.
 */

interface Kind {
  /** Begins the names of its caches. */
  readonly prefix: string
  /** The paths of its pages begin with it. */
  readonly scope: string
  /** Older caches are deleted. */
  readonly most: number
}

export const tickets: Kind = { prefix: 'ticket ', scope: '/shop/tickets/', most: 30 }
export const doors: Kind = { prefix: 'door ', scope: '/door/', most: 10 }

/**
 * Lets this page open offline, with further files besides those that it names. Rejects where browsers have no service workers, as without
 * https, and where a file is missing.
 */
export async function openOffline(kind: Kind, further: readonly string[] = []): Promise<void> {
  // This script and the service worker belong to the same release.
  const { pathname } = new URL('./offline-worker.js', import.meta.url)
  await navigator.serviceWorker.register(scriptAddress(pathname), { scope: kind.scope, type: 'module' })
  await savePage(kind, further)
}

/** Saves this page as it is now. */
export async function savePage({ prefix, most }: Kind, further: readonly string[] = []): Promise<void> {
  const name = prefix + location.pathname
  const own = [
    ...document.querySelectorAll(
      'link[rel="stylesheet"], link[rel="modulepreload"], link[as="font"], link[rel="icon"], script[src]',
    ),
  ]
  const addresses = own.map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? '')
  const wanted = [...new Set([location.pathname, ...addresses, ...further])]
  const answers = await Promise.all(wanted.map((address) => fetch(address)))
  // The old copy stays until the new one is complete.
  if (!answers.every(({ ok }) => ok)) throw new Error('a file of this page is missing')
  // A new cache each time: browsers list caches oldest first, so their names are in the order of visits.
  await caches.delete(name)
  const cache = await caches.open(name)
  await Promise.all(answers.map((answer, at) => cache.put(wanted[at] ?? '', answer)))
  const names = (await caches.keys()).filter((each) => each.startsWith(prefix))
  await Promise.all(names.slice(0, -most).map((each) => caches.delete(each)))
}

/** They belong to the buyer who signs out, or was signed in before another. */
export async function forgetSavedTickets(): Promise<void> {
  if (!('caches' in globalThis)) return
  const names = (await caches.keys()).filter((each) => each.startsWith(tickets.prefix))
  await Promise.all(names.map((each) => caches.delete(each)))
}
