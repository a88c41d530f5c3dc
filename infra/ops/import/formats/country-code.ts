import countries from 'i18n-iso-countries'

/** Names in use beside those of ISO 3166, and countries that it counts as parts of one. */
const otherNames: Readonly<Record<string, string>> = {
  uk: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  holland: 'NL',
  'republic of ireland': 'IE',
}

/** The ISO two-letter code of a country given as two or three letters or by its English name; `null` when unknown. */
export function countryCode(value: string | null): string | null {
  const name = value?.trim() ?? ''
  const code =
    otherNames[name.toLowerCase()] ??
    countries.toAlpha2(name.toUpperCase()) ??
    countries.getSimpleAlpha2Code(name, 'en') ??
    ''
  // Any two letters pass so far.
  return countries.isValid(code) ? code : null
}
