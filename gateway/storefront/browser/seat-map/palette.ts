/** The colour tokens of the page, for the canvas. */
export interface Palette {
  readonly floor: string
  readonly stock: string
  readonly ink: string
  readonly quiet: string
  readonly line: string
  readonly torch: string
  readonly torchInk: string
  /** `price-1` … `price-5`. */
  readonly prices: readonly string[]
  /** Font family of headings. */
  readonly face: string
}

/** Reads the tokens of the current colour scheme. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    floor: token('floor'),
    stock: token('stock'),
    ink: token('ink'),
    quiet: token('quiet'),
    line: token('line'),
    torch: token('torch'),
    torchInk: token('torch-ink'),
    prices: [1, 2, 3, 4, 5].map((price) => token(`price-${price}`)),
    face: token('display') || 'sans-serif',
  }
}

/** Mixes `share` of the first colour with the second, both as `#rrggbb`. */
export function mixed(one: string, other: string, share: number): string {
  const [a, b] = [channels(one), channels(other)]
  const channel = (index: number): string =>
    Math.round((a[index] ?? 0) * share + (b[index] ?? 0) * (1 - share))
      .toString(16)
      .padStart(2, '0')
  return `#${channel(0)}${channel(1)}${channel(2)}`
}

/** The colour with the highest contrast to the ground. */
export function readable(ground: string, colours: readonly string[]): string {
  let [found, most] = [colours[0] ?? '#000000', 0]
  for (const colour of colours) {
    const [a, b] = [luminance(ground), luminance(colour)]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (contrast > most) [found, most] = [colour, contrast]
  }
  return found
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}

/** Relative luminance of WCAG 2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
