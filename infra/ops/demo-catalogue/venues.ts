import type { Layout } from '#shared/contracts/layout.ts'

/** A house of the demo. The cities are real, with their zones, places and currencies; the houses are not. */
export interface DemoVenue {
  readonly name: string
  readonly city: string
  readonly country: string
  readonly tz: string
  readonly latitude: number
  readonly longitude: number
  readonly currency: string
  readonly address: string | undefined
  /** Draws its seats, for houses that have some. */
  readonly drawSeats: ((name: string) => Layout) | null
}

type Place = readonly [country: string, tz: string, latitude: number, longitude: number, currency: string]

const cities = {
  Berlin: ['DE', 'Europe/Berlin', 52.52, 13.405, 'EUR'],
  'Buenos Aires': ['AR', 'America/Argentina/Buenos_Aires', -34.6037, -58.3816, 'ARS'],
  Dublin: ['IE', 'Europe/Dublin', 53.3498, -6.2603, 'EUR'],
  Göteborg: ['SE', 'Europe/Stockholm', 57.7089, 11.9746, 'SEK'],
  'Kuwait City': ['KW', 'Asia/Kuwait', 29.3759, 47.9774, 'KWD'],
  İzmir: ['TR', 'Europe/Istanbul', 38.4237, 27.1428, 'TRY'],
  Łódź: ['PL', 'Europe/Warsaw', 51.7592, 19.456, 'PLN'],
  Montréal: ['CA', 'America/Toronto', 45.5017, -73.5673, 'CAD'],
  Mumbai: ['IN', 'Asia/Kolkata', 19.076, 72.8777, 'INR'],
  Nairobi: ['KE', 'Africa/Nairobi', -1.2921, 36.8219, 'KES'],
  'New York': ['US', 'America/New_York', 40.7128, -74.006, 'USD'],
  Reykjavík: ['IS', 'Atlantic/Reykjavik', 64.1466, -21.9426, 'ISK'],
  'São Paulo': ['BR', 'America/Sao_Paulo', -23.5505, -46.6333, 'BRL'],
  Tokyo: ['JP', 'Asia/Tokyo', 35.6762, 139.6503, 'JPY'],
  Wellington: ['NZ', 'Pacific/Auckland', -41.2866, 174.7756, 'NZD'],
  Zürich: ['CH', 'Europe/Zurich', 47.3769, 8.5417, 'CHF'],
} satisfies Record<string, Place>

/** A house of that name in one of the cities. */
export function demoVenue(
  name: string,
  city: keyof typeof cities,
  { address, drawSeats }: { address?: string; drawSeats: DemoVenue['drawSeats'] } = { drawSeats: null },
): DemoVenue {
  const [country, tz, latitude, longitude, currency] = cities[city]
  return { name, city, country, tz, latitude, longitude, currency, address, drawSeats }
}
