/*
 * Tickets that can be read without network: each visited one is kept with all that its page loads, in a cache of its own.
 * `ticket-worker.ts` answers from these when nobody else does.
 */

const prefix = 'ticket '

/** What is older is dropped. */
const most = 30

/** Keeps this page for a time without network. Only https and localhost have such caches. */
export async function saveTicket(): Promise<void> {
  if (!('caches' in globalThis)) return
  const name = prefix + location.pathname
  const own = [
    ...document.querySelectorAll(
      'link[rel="stylesheet"], link[rel="modulepreload"], link[as="font"], link[rel="icon"], script[src]',
    ),
  ]
  const addresses = own.map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? '')
  const wanted = [...new Set([location.pathname, ...addresses])]
  const answers = await Promise.all(wanted.map((address) => fetch(address)))
  // What was kept before stays until all of it came anew.
  if (!answers.every(({ ok }) => ok)) return
  // A new cache, so that the names of caches, which come oldest first, are in the order of visits.
  await caches.delete(name)
  const cache = await caches.open(name)
  await Promise.all(answers.map((answer, at) => cache.put(wanted[at] ?? '', answer)))
  const names = (await caches.keys()).filter((each) => each.startsWith(prefix))
  await Promise.all(names.slice(0, -most).map((each) => caches.delete(each)))
}

/** For when somebody else signs in on this device. */
export async function forgetSavedTickets(): Promise<void> {
  if (!('caches' in globalThis)) return
  const names = (await caches.keys()).filter((each) => each.startsWith(prefix))
  await Promise.all(names.map((each) => caches.delete(each)))
}
