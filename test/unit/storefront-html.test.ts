import test from 'ava'
import fc from 'fast-check'
import { create } from 'qrcode'
import { codePicture } from '../../gateway/storefront/pages/code-picture.ts'
import { Html, html } from '../../gateway/storefront/views/html.ts'
import { always } from '../support/always.ts'

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

test('any text that is put into a page stays text', (t) => {
  always(t, { of: [fc.string({ unit: 'binary' })] }, (text) => {
    const { text: made } = html`<p title="${text}">${text}</p>`
    const [, title = '', content = ''] = /^<p title="([^"<>']*)">([^"<>']*)<\/p>$/s.exec(made) ?? []
    return unescaped(title) === text && unescaped(content) === text
  })
  t.is(html`<p>${'<script>alert(1)</script>'}</p>`.text, '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>')
  t.is(html`${'&amp;'}`.text, '&amp;amp;')
})

test('templates take HTML and lists as they are, numbers as digits, and leave out what is nothing', (t) => {
  const items = ['<a>', html`<b>b</b>`, [1, [null]]]
  t.is(html`<ul>${items}</ul>`.text, '<ul>&lt;a&gt;<b>b</b>1</ul>')
  t.is(html`${false}${null}${undefined}${0}${''}`.text, '0')
  t.true(html`` instanceof Html)
})

test('the picture of a code has exactly the dark squares of its QR code', (t) => {
  const code = `${'x'.repeat(70)}.${'y'.repeat(90)}.${'z'.repeat(86)}`
  const { modules } = create(code, { errorCorrectionLevel: 'M' })
  const { size, path } = codePicture(code)
  t.is(size, modules.size)
  const dark = new Set<string>()
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(width); at += 1) dark.add(`${Number(x) + at} ${y}`)
  }
  const wrong: string[] = []
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) if (Boolean(modules.get(y, x)) !== dark.has(`${x} ${y}`)) wrong.push(`${x} ${y}`)
  }
  t.deepEqual(wrong, [])
})
