import test from 'ava'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import { isPaged, nextPageLink } from '../../gateway/routes/next-page.ts'

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

test('the link to the next page keeps the question and goes on at the cursor', (t) => {
  const page = bytes({ items: [], next_cursor: 'abc_-1' })
  t.is(nextPageLink({ limit: 20 }, page), '<?limit=20&cursor=abc_-1>; rel="next"')
  t.is(
    nextPageLink({ keyword: 'a&b "c" <ö>', cursor: 'before', city: undefined, facets: ['type', 'city'] }, page),
    '<?keyword=a%26b%20%22c%22%20%3C%C3%B6%3E&facets=type%2Ccity&cursor=abc_-1>; rel="next"',
  )
  t.is(nextPageLink({ page: 2, pageSize: 5, limit: 20 }, page), '<?limit=5&cursor=abc_-1>; rel="next"')
})

test('the last page has no link, whatever the names in it are', (t) => {
  const name = 'a trap: "next_cursor":"abc"'
  t.is(nextPageLink({}, bytes({ items: [{ name }], next_cursor: null })), undefined)
  t.is(nextPageLink({}, bytes({ next_cursor: null, items: [{ name }] })), undefined)
  t.is(nextPageLink({}, bytes({ items: [{ name }], next_cursor: 'x' })), '<?cursor=x>; rel="next"')
})

test('all lists with a cursor are known as such', (t) => {
  const paged = allRoutes.filter(isPaged).map(({ path }) => path)
  for (const path of ['/events', '/events/search', '/events/:event_id/tickets', '/bookings'])
    t.true(paged.includes(path))
  t.false(paged.includes('/events/:event_id'))
})
