import test from 'ava'
import fc from 'fast-check'
import { Html, html } from '../../gateway/storefront/views/html.ts'

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

test('any text that is put into a page stays text', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { text: made } = html`<p title="${text}">${text}</p>`
      const [, title = '', content = ''] = /^<p title="([^"<>']*)">([^"<>']*)<\/p>$/s.exec(made) ?? []
      return unescaped(title) === text && unescaped(content) === text
    }),
  )
  t.is(html`<p>${'<script>alert(1)</script>'}</p>`.text, '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>')
  t.is(html`${'&amp;'}`.text, '&amp;amp;')
})

test('templates take HTML and lists as they are, numbers as digits, and leave out what is nothing', (t) => {
  const items = ['<a>', html`<b>b</b>`, [1, [null]]]
  t.is(html`<ul>${items}</ul>`.text, '<ul>&lt;a&gt;<b>b</b>1</ul>')
  t.is(html`${false}${null}${undefined}${0}${''}`.text, '0')
  t.true(html`` instanceof Html)
})
