/** Digits after the point, ISO 4217. `Intl` counts cash instead: 0 for HUF, IDR, IQD and others. */
const unusualDigits: readonly [number, string][] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]
const digitsByCurrency = new Map(
  unusualDigits.flatMap(([digits, currencies]) => currencies.split(' ').map((currency) => [currency, digits])),
)

/** Number of digits after the point: 2 for EUR, 0 for JPY. */
export function minorDigits(currency: string): number {
  return digitsByCurrency.get(currency) ?? 2
}

/**
 * Converts an amount in major units (`88.34`, `"15.00"`) to minor units, rounded half up by its decimal digits. `null` unless
 * it is a plain decimal with at most 12 digits before the point.
 */
export function toMinor(amount: number | string, currency: string): number | null {
  const match = /^(\d{1,12})(?:\.(\d{1,20}))?$/.exec(String(amount).trim())
  if (!match) return null
  const [, whole = '', fraction = ''] = match
  const digits = minorDigits(currency)
  const kept = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  const minor = fraction.charAt(digits) >= '5' ? kept + 1 : kept
  return Number.isSafeInteger(minor) ? minor : null
}

/** `50.00 EUR` for 5000. */
export function formatMinor(minor: number, currency: string): string {
  const digits = minorDigits(currency)
  const padded = String(minor).padStart(digits + 1, '0')
  const point = padded.length - digits
  return `${padded.slice(0, point)}${digits > 0 ? '.' : ''}${padded.slice(point)} ${currency}`
}
