import test from 'ava'
import { importEvents } from '#shared/contracts/organising.ts'
import { askWorker } from '../support/asking.ts'
import { cookieOf } from '../support/buying.ts'
import { daysFromToday, importedEvent, tier, venueNamed } from '../support/catalogue.ts'
import { forFile } from '../support/for-file.ts'
import { openBus } from '../support/open-bus.ts'
import { openRedis } from '../support/open-redis.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2, purchase: 0, sandbox: 0 } }))
test.before(async () => {
  const bus = await openBus(system.natsUrls.operator)
  const venue = venueNamed('Kleiner Speicher', { city: 'Berlin', country: 'DE' })
  const event = (name: string, given = {}) => importedEvent(name, { name, venue, price_tiers: [tier(2_800)], ...given })
  const events = [
    event('Wortwechsel', { type: 'Comedy' }),
    event('Hrafn & the <b>Tides</b>', { type: 'Music', starts_on: daysFromToday(7) }),
    ...Array.from({ length: 40 }, (_, at) => event(`Concert ${at + 1}`, { starts_on: daysFromToday(60 + at) })),
  ]
  await askWorker(bus, importEvents, { source: 'test', events, reschedule: false })
  await bus.close()
})

interface Shown {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function show(path: string, headers: Record<string, string> = {}, url = system.url): Promise<Shown> {
  const response = await fetch(url + path, {
    headers: { accept: 'text/html', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(15_000),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test.serial("what's on is a page with its own policy, from the cache like JSON", async (t) => {
  const first = await show('/')
  t.is(first.status, 200)
  t.is(first.headers.get('content-type'), 'text/html; charset=utf-8')
  const policy = first.headers.get('content-security-policy') ?? ''
  t.true(policy.startsWith("default-src 'self'"))
  t.true(policy.includes("require-trusted-types-for 'script'"))
  t.is(first.headers.get('cache-control'), 'public, max-age=0, s-maxage=1, stale-if-error=60')
  t.regex(first.headers.get('vary') ?? '', /Accept-Language/)
  t.notRegex(first.text, /<script(?![^>]*src=)|style="/)
  const etag = first.headers.get('etag') ?? ''
  await until(
    'the page is in the cache',
    async () => (await show('/')).headers.get('cache-status')?.startsWith('gateway; hit') ?? false,
  )
  t.is((await show('/', { 'if-none-match': etag })).status, 304)
})

test.serial('markup in the name of an event is text', async (t) => {
  const { text } = await show('/?type=Music')
  t.true(text.includes('Hrafn &amp; the &lt;b&gt;Tides&lt;/b&gt;'))
  t.false(text.includes('<b>Tides'))
  const keyword = await show(`/?keyword=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`)
  t.is(keyword.status, 200)
  t.false(keyword.text.includes('<img'))
})

test.serial('parameters that links bring along, such as utm_source, change nothing', async (t) => {
  const plain = await show('/?type=Comedy')
  const linked = await show('/?type=Comedy&utm_source=mail&utm_campaign=spring&gclid=1')
  t.like(linked, { status: 200, text: plain.text })
})

test.serial('a typing error finds what was meant, and says so', async (t) => {
  const { text } = await show('/?keyword=wortwechsle')
  t.true(text.includes('1 event for “wortwechsel”'), text)
  t.true(text.includes('/shop/events/'))
})

test.serial('where nothing is found, the next events are shown', async (t) => {
  const { status, text } = await show('/?keyword=zzzzzzzz')
  t.is(status, 200)
  t.true(text.includes('Nothing found for “zzzzzzzz”'))
  t.is(text.match(/class="stub event-stub/g)?.length, 6)
})

test.serial('a filter that does not work is named on its page, and what was typed stays', async (t) => {
  const wrong = await show('/?start=2027-13-01&keyword=jazz')
  t.is(wrong.status, 400)
  t.true(wrong.text.includes('From must be a date such as 2027-03-05.'), wrong.text)
  t.true(wrong.text.includes('value="jazz"'))
  t.true(wrong.text.includes('value="2027-13-01"'))
  t.true((await show('/?cursor=nonsense')).text.includes('Back to the first events'))
})

test.serial('the list goes on page by page, and every event is shown once', async (t) => {
  const names = new Set<string>()
  let path: string | undefined = '/'
  let pages = 0
  while (path !== undefined) {
    const { text }: Shown = await show(path)
    for (const [, id = ''] of text.matchAll(/href="\/shop\/events\/([^"]+)"/g)) {
      t.false(names.has(id))
      names.add(id)
    }
    path = /href="([^"]*)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
    pages += 1
  }
  t.is(names.size, 42)
  t.is(pages, 2)
})

test.serial('dates and money are written as the reader does, in the zone of the venue', async (t) => {
  const path = '/?keyword=wortwechsel'
  t.regex((await show(path, { 'accept-language': 'en-US' })).text, /EUR\s28</)
  const german = await show(path, { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' })
  t.regex(german.text, /28\sEUR</)
  t.true(german.text.includes('lang="de"'))
  t.true(german.text.includes('20:00 · Kleiner Speicher, Berlin'))
  t.regex((await show(path, { 'accept-language': 'tlh' })).text, /EUR\s28</)
})

test.serial('problems are pages for those who accept HTML, and JSON for all others', async (t) => {
  const page = await show('/shop/nowhere')
  t.is(page.status, 404)
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.is(page.headers.get('cache-control'), 'no-store')
  t.true(page.text.includes('Nothing is at this address.'))
  t.true(page.text.includes('See what’s on'))
  const json = await show('/shop/nowhere', { accept: '*/*' })
  t.is(json.status, 404)
  t.is(json.headers.get('content-type'), 'application/problem+json')
  const { headers } = await show('/?start=x', { accept: 'application/json' })
  t.is(headers.get('content-type'), 'application/problem+json')
})

test.serial('a refused reader sees a page that says when to come back', async (t) => {
  const gateway = await system.start('gateway', { RATE_LIMIT_MAXIMA: 'search=1', TRUSTED_PROXIES: '127.0.0.1' })
  t.teardown(() => gateway.stop())
  const ask = () => show('/?keyword=a', { 'x-forwarded-for': '192.0.2.1' }, gateway.url)
  t.is((await ask()).status, 200)
  const refused = await ask()
  t.is(refused.status, 429)
  t.true(refused.text.includes('Too many requests.'))
  t.truthy(refused.headers.get('retry-after'))
})

test.serial('while no worker answers, the page says that nothing is lost and when to come back', async (t) => {
  const alone = await startSystem({ counts: { event: 0, booking: 0, purchase: 0, sandbox: 0 } })
  t.teardown(() => alone.stop())
  const { status, headers, text } = await show('/', {}, alone.url)
  t.is(status, 503)
  t.true(text.includes('This page is not available right now.'))
  t.truthy(headers.get('retry-after'))
  t.regex(headers.get('content-security-policy') ?? '', /^default-src 'self'/)
})

test.serial('files of pages are immutable, compressed, and known to the gateways of other releases', async (t) => {
  const { text } = await show('/')
  const release = /\/assets\/([0-9a-f]{12})\/styles\.css/.exec(text)?.[1] ?? ''
  const style = await show(`/assets/${release}/styles.css`, { 'accept-encoding': 'br' })
  t.is(style.status, 200)
  t.is(style.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  t.is(style.headers.get('content-encoding'), 'br')
  t.is(style.headers.get('content-type'), 'text/css; charset=utf-8')
  const script = await show(`/assets/${release}/browser/every-page.js`)
  t.is(script.headers.get('content-type'), 'text/javascript; charset=utf-8')
  t.notRegex(script.text, /import type|: Html\b|\/\/#/)

  const other = 'abcdef012345'
  t.is((await show(`/assets/${other}/styles.css`, { accept: '*/*' })).status, 404)
  const redis = openRedis(system.redis.url)
  t.teardown(() => redis.disconnect())
  await redis.set(`assets:${other}:styles.css`, 'of another release')
  // A busy Redis counts as none.
  const ofOther = () => show(`/assets/${other}/styles.css`)
  await until('the file comes from Redis', async () => (await ofOther()).text === 'of another release')
  await until('the files of this release are shared too', async () => {
    const paths = ['styles.css', 'browser/every-page.js']
    const lifetimes = await Promise.all(paths.map((path) => redis.ttl(`assets:${release}:${path}`)))
    return lifetimes.every((seconds) => seconds > 80_000)
  })
})

test.serial('a page is not made of a reply that is older than the page may be', async (t) => {
  const { text } = await show('/?keyword=wortwechsel')
  const id = /\/shop\/events\/([^"]+)"/.exec(text)?.[1] ?? ''
  await until('the event is in the cache for more than a second', async () => {
    const { headers } = await show(`/events/${id}`, { accept: 'application/json' })
    return Number(headers.get('age')) > 1
  })
  const page = await show(`/shop/events/${id}`)
  t.is(page.status, 200)
  t.true(Number(page.headers.get('age')) <= 1, `${page.headers.get('age')} s`)
})

test.serial('the session page leads back to paths of this host alone', async (t) => {
  for (const to of ['https://other.example', '//other.example', '/\\other.example', 'javascript:alert(1)']) {
    const { status, text } = await show(`/shop/session?to=${encodeURIComponent(to)}`)
    t.is(status, 200)
    t.false(text.includes('other.example'), to)
    t.false(text.includes('javascript:'), to)
  }
  t.true((await show('/shop/session?to=/shop/bookings')).text.includes('/shop/bookings'))
})

test.serial('a page of one reader comes gzipped to those who take it, and no cache keeps it', async (t) => {
  const { cookie } = await cookieOf(system.url, 'anna')
  const [small, plain] = await Promise.all(
    ['gzip', 'identity'].map((encoding) => show('/shop/bookings', { cookie, 'accept-encoding': encoding })),
  )
  t.is(small?.headers.get('content-encoding'), 'gzip')
  t.is(plain?.headers.get('content-encoding'), null)
  t.is(small?.text, plain?.text)
  t.is(small?.headers.get('cache-control'), 'private, no-store')
  const lengthOf = (shown: Shown | undefined): number => Number(shown?.headers.get('content-length'))
  t.true(lengthOf(small) < lengthOf(plain) / 2, `${lengthOf(small)} of ${lengthOf(plain)} bytes`)
})
