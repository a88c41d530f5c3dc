import { join } from 'node:path'
import test from 'ava'
import { build } from 'esbuild'
import { openWindow } from './support/browser.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

type Island = typeof import('../../gateway/storefront/browser/island.ts')
type Views = typeof import('../../gateway/storefront/views/html.ts')

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()
let modules: string

test.before(async () => {
  modules = await bundleModules()
})

/** What is tried, as one script for the browser. */
async function bundleModules(): Promise<string> {
  const contents = `export * as island from './browser/island.ts'; export * as views from './views/html.ts'`
  const stdin = { contents, resolveDir: join(import.meta.dirname, '..', '..', 'gateway', 'storefront') }
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', write: false, tsconfigRaw: '{}' })
  return outputFiles[0]?.text ?? ''
}

/** A page without an island, with the modules at hand, and an empty element `#try`. */
async function openModules() {
  const { page, faults, close } = await openWindow(browser, shop.url)
  await page.route('**/modules.js', (route) => route.fulfill({ contentType: 'text/javascript', body: modules }))
  await page.goto('/shop/nowhere')
  await page.evaluate(async () => {
    Object.assign(globalThis, await import(`${location.origin}/modules.js`))
    const element = document.createElement('div')
    element.id = 'try'
    document.querySelector('main')?.replaceChildren(element)
  })
  return { page, faults, close }
}

test('an update keeps focus, selection, typed text, what the reader opened, and what script drew', async (t) => {
  const { page, faults, close } = await openModules()
  const kept = await page.evaluate(() => {
    const { island, views } = globalThis as unknown as { island: Island; views: Views }
    const element = document.querySelector<HTMLElement>('#try') as HTMLElement
    const find = <Found extends Element>(selector: string) => element.querySelector(selector) as Found
    const show = (count: number) =>
      island.patch(
        element,
        views.html`<p>${count}</p>
${count > 1 && views.html`<p id="new">new</p>`}
<input id="name" aria-describedby="w${count}"><textarea id="more" data-n="${count}"></textarea>
<select id="pick" data-n="${count}"><option>a</option><option>b</option></select>
<input type="radio" id="radio" name="r" data-n="${count}">
<details id="d" data-n="${count}"><summary>s</summary>${count}</details>
<div id="own" data-own><canvas width="${count}"></canvas></div>`,
      )
    show(1)
    find<HTMLInputElement>('#name').value = 'typed'
    find<HTMLTextAreaElement>('#more').value = 'typed too'
    find<HTMLSelectElement>('#pick').value = 'b'
    find<HTMLInputElement>('#radio').checked = true
    find<HTMLDetailsElement>('#d').open = true
    const canvas = find<HTMLCanvasElement>('canvas')
    canvas.width = 50
    find<HTMLInputElement>('#name').focus()
    find<HTMLInputElement>('#name').setSelectionRange(1, 3)
    show(2)
    const name = find<HTMLInputElement>('#name')
    return {
      text: find('p').textContent,
      isNew: find('#new') !== null,
      hasFocus: document.activeElement === name,
      selection: [name.selectionStart, name.selectionEnd],
      typed: [name.value, find<HTMLTextAreaElement>('#more').value, find<HTMLSelectElement>('#pick').value],
      described: name.getAttribute('aria-describedby'),
      isChosen: find<HTMLInputElement>('#radio').checked,
      isOpen: find<HTMLDetailsElement>('#d').open,
      canvas: find('canvas') === canvas && canvas.width,
    }
  })
  t.deepEqual(kept, {
    text: '2',
    isNew: true,
    hasFocus: true,
    selection: [1, 3],
    typed: ['typed', 'typed too', 'b'],
    described: 'w2',
    isChosen: true,
    isOpen: true,
    canvas: 50,
  })
  t.deepEqual(faults, [])
  await close()
})

test('a box with an action shows the state, whatever was pressed', async (t) => {
  const { page, close } = await openModules()
  const boxes = await page.evaluate(async () => {
    const { island, views } = globalThis as unknown as { island: Island; views: Views }
    const element = document.querySelector<HTMLElement>('#try') as HTMLElement
    const view = ({ chosen }: { chosen: readonly number[] }) =>
      views.html`<ul>${[1, 2].map((seat) => views.html`<li><input type="checkbox" value="${seat}" data-change="choose"${chosen.includes(seat) && views.html` checked`}></li>`)}</ul>`
    island.patch(element, view({ chosen: [] }))
    island.startIsland<{ chosen: readonly number[] }>({
      element,
      state: { chosen: [] },
      view,
      actions: {
        // Seat 2 is refused.
        choose: (own, box) =>
          own.set({
            chosen: [...own.state.chosen, Number((box as HTMLInputElement).value)].filter((seat) => seat !== 2),
          }),
      },
    })
    const all = () => [...element.querySelectorAll<HTMLInputElement>('input')]
    for (const box of all()) {
      box.click()
      await new Promise((resolve) => setTimeout(resolve))
    }
    return all().map(({ checked }) => checked)
  })
  t.deepEqual(boxes, [true, false])
  await close()
})

test('any two states of a page end as if the second had been drawn alone', async (t) => {
  const { page, close } = await openModules()
  const wrong = await page.evaluate(() => {
    const { island, views } = globalThis as unknown as { island: Island; views: Views }
    let seed = 42
    const below = (limit: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((seed / 2_147_483_648) * limit)
    }
    type Content = InstanceType<Views['Html']>
    const tree = (depth: number, ids: number[]): Content => {
      const [id] = below(3) === 0 ? ids.splice(below(ids.length), 1) : []
      const attribute = id === undefined ? views.html`` : views.html` id="i${id}"`
      const children = depth === 0 ? [] : Array.from({ length: below(4) }, () => tree(depth - 1, ids))
      return below(2) === 0
        ? views.html`<div${attribute}>${below(5)}${children}</div>`
        : views.html`<b${attribute} data-n="${below(3)}">${children}</b>`
    }
    const newIds = () => Array.from({ length: 8 }, (_, at) => at)
    const element = document.querySelector<HTMLElement>('#try') as HTMLElement
    const alone = document.createElement('div')
    const wrong: string[] = []
    for (let round = 0; round < 300; round += 1) {
      const content = tree(4, newIds())
      island.patch(element, content)
      alone.replaceChildren()
      island.patch(alone, content)
      if (element.innerHTML !== alone.innerHTML) wrong.push(`${element.innerHTML} is not ${alone.innerHTML}`)
    }
    return wrong
  })
  t.deepEqual(wrong, [])
  await close()
})
