import type { Page } from 'playwright-core'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { type Plan, readPlan } from '../../../gateway/storefront/browser/seat-map/plan.ts'
import {
  type Camera,
  centred,
  clamped,
  fitted,
  type Screen,
  step,
} from '../../../gateway/storefront/browser/seat-map/view.ts'

/** The plan of an event as its page has it. */
export async function planOf(url: string, eventId: string): Promise<Plan> {
  const read = async <Reply>(path: string): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) })
    return (await response.json()) as Reply
  }
  const event = await read<ReplyOf<typeof viewEvent>>(`/events/${eventId}`)
  const layout = await read<ReplyOf<typeof viewLayout>>(
    `/events/${eventId}/layout?version=${event.layout_version}&coordinates=differences`,
  )
  return readPlan(layout, event)
}

/** Waits until the map of a page is drawn. */
export async function mapReady(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('seat-map').length > 0)
  await page.locator('.map canvas').waitFor({ state: 'attached' })
  await page.locator('.free-line.live').waitFor()
}

async function screenOf(page: Page): Promise<{ screen: Screen; left: number; top: number }> {
  const canvas = page.locator('.map canvas')
  await canvas.scrollIntoViewIfNeeded()
  const { x, y, width, height } = (await canvas.boundingBox()) ?? { x: 0, y: 0, width: 1, height: 1 }
  return { screen: { width: Math.round(width), height: Math.round(height), ratio: 1 }, left: x, top: y }
}

/** Where a point of the plan lies in the window while the whole house shows. */
export async function pointInWhole(
  page: Page,
  plan: Plan,
  point: { x: number; y: number },
): Promise<{ x: number; y: number }> {
  const { screen, left, top } = await screenOf(page)
  return at(fitted(plan.box, screen, plan), point, { left, top })
}

/** Where a seat lies in the window behind a press on its section. */
export async function pointInSection(page: Page, plan: Plan, seat: number): Promise<{ x: number; y: number }> {
  const { screen, left, top } = await screenOf(page)
  const { left: x1, top: y1, right: x2, bottom: y2 } = plan.sections[plan.section[seat] ?? 0]?.box ?? plan.box
  const whole = fitted({ left: x1, top: y1, right: x2, bottom: y2 }, screen, { pitch: plan.pitch, maxStep: 28 })
  // Seats are shown at least so large that they can be pressed.
  const least = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 }
  const camera = step(whole, screen, plan.pitch) < 16 ? centred(least, 16 / plan.pitch, screen) : whole
  return at(clamped(camera, plan.box, screen), { x: plan.x[seat] ?? 0, y: plan.y[seat] ?? 0 }, { left, top })
}

function at({ scale, x, y }: Camera, point: { x: number; y: number }, canvas: { left: number; top: number }) {
  return { x: canvas.left + point.x * scale + x, y: canvas.top + point.y * scale + y }
}
