/*
 * A service worker for the pages of tickets and of the door: shows a visited page when there is no network or the gateway does not answer.
 * `saved-pages.ts` fills its caches.
 */

/* The DOM types describe only the page's side of a service worker. */
interface ExtendableEvent extends Event {
  waitUntil(done: Promise<unknown>): void
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
declare function skipWaiting(): Promise<void>
declare const clients: { claim(): Promise<void> }

/** At the door, a slow gateway is as bad as none: after this time the saved copy is shown. */
const answerWithinMs = 4_000

addEventListener('install', (event) => (event as ExtendableEvent).waitUntil(skipWaiting()))
addEventListener('activate', (event) => (event as ExtendableEvent).waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  const { request } = event as FetchEvent
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate' && /^\/(shop\/tickets|door)\//.test(pathname))
    (event as FetchEvent).respondWith(page(request))
  // Addresses of assets change with their content.
  else if (pathname.startsWith('/assets/')) (event as FetchEvent).respondWith(asset(request))
})

async function page(request: Request): Promise<Response> {
  // Bad networks accept a request and never answer it.
  const answer = await fetch(request, { signal: AbortSignal.timeout(answerWithinMs) }).catch(() => undefined)
  if (answer !== undefined && answer.status < 500) return answer
  return (await saved(request)) ?? answer ?? Response.error()
}

async function asset(request: Request): Promise<Response> {
  return (await saved(request)) ?? fetch(request)
}

function saved(request: Request): Promise<Response | undefined> {
  return caches.match(request, { ignoreSearch: true, ignoreVary: true })
}
