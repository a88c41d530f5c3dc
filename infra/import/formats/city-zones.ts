/** What a source that names only country and city leaves to be concluded. */
interface CountryFacts {
  readonly currency: string
  /** The zone of the whole country, or the cities of each zone where there are several. */
  readonly zone: string | Readonly<Record<string, string>>
}

/**
 * Cities that many events happen in. A name that stands for cities in two zones of a country (Portland, Columbus) is left
 * out unless one of them is far more likely to be meant: no time is better than a wrong one.
 */
const countries: Readonly<Record<string, CountryFacts>> = {
  AE: { currency: 'AED', zone: 'Asia/Dubai' },
  AT: { currency: 'EUR', zone: 'Europe/Vienna' },
  BE: { currency: 'EUR', zone: 'Europe/Brussels' },
  CH: { currency: 'CHF', zone: 'Europe/Zurich' },
  CZ: { currency: 'CZK', zone: 'Europe/Prague' },
  DE: { currency: 'EUR', zone: 'Europe/Berlin' },
  DK: { currency: 'DKK', zone: 'Europe/Copenhagen' },
  EE: { currency: 'EUR', zone: 'Europe/Tallinn' },
  FI: { currency: 'EUR', zone: 'Europe/Helsinki' },
  FR: { currency: 'EUR', zone: 'Europe/Paris' },
  GB: { currency: 'GBP', zone: 'Europe/London' },
  IE: { currency: 'EUR', zone: 'Europe/Dublin' },
  IT: { currency: 'EUR', zone: 'Europe/Rome' },
  JP: { currency: 'JPY', zone: 'Asia/Tokyo' },
  NL: { currency: 'EUR', zone: 'Europe/Amsterdam' },
  NO: { currency: 'NOK', zone: 'Europe/Oslo' },
  NZ: { currency: 'NZD', zone: 'Pacific/Auckland' },
  PL: { currency: 'PLN', zone: 'Europe/Warsaw' },
  SE: { currency: 'SEK', zone: 'Europe/Stockholm' },
  SG: { currency: 'SGD', zone: 'Asia/Singapore' },
  TR: { currency: 'TRY', zone: 'Europe/Istanbul' },
  ZA: { currency: 'ZAR', zone: 'Africa/Johannesburg' },
  ES: {
    currency: 'EUR',
    zone: {
      'Europe/Madrid': 'Alicante, Barcelona, Bilbao, Fuengirola, Granada, Madrid, Málaga, Murcia, Sevilla, Valencia',
      'Atlantic/Canary': 'Las Palmas de Gran Canaria, Santa Cruz de Tenerife',
    },
  },
  BR: { currency: 'BRL', zone: { 'America/Sao_Paulo': 'Belo Horizonte, Curitiba, Rio de Janeiro, São Paulo' } },
  MX: {
    currency: 'MXN',
    zone: {
      'America/Mexico_City': 'Ciudad de México, México, Guadalajara, Zapopan, Puebla',
      'America/Monterrey': 'Monterrey, Col. Centro Monterrey',
      'America/Tijuana': 'Tijuana',
    },
  },
  AU: {
    currency: 'AUD',
    zone: {
      'Australia/Brisbane': 'Brisbane, Fortitude Valley, Newstead, Eatons Hill, Gold Coast',
      'Australia/Sydney': 'Sydney, Wollongong, Thirroul, Byron Bay, Rozelle, Moore Park, Pyrmont, Newcastle, Canberra',
      'Australia/Melbourne': 'Melbourne, St Kilda, Northcote, South Wharf, Geelong',
      'Australia/Adelaide': 'Adelaide, Torrensville, Norwood, Victor Harbor',
      'Australia/Hobart': 'Hobart, Prospect Vale, Launceston',
      'Australia/Perth': 'Perth, East Fremantle, Fremantle',
    },
  },
  CA: {
    currency: 'CAD',
    zone: {
      'America/Toronto': `Toronto, Montreal, Montréal, Laval, Ottawa, Windsor, Hamilton, Quebec, Québec, Rama, Niagara Falls,
        Sudbury, Gatineau, Mont-Tremblant, Brampton, Oshawa, Mississauga, London, Barrie, Sault Ste. Marie`,
      'America/Halifax': 'Halifax, Moncton',
      'America/Winnipeg': 'Winnipeg, Minnedosa',
      'America/Regina': 'Regina, Saskatoon',
      'America/Edmonton': 'Calgary, Edmonton, Red Deer, Fort McMurray',
      'America/Vancouver': 'Vancouver, Victoria, Abbotsford, Surrey',
    },
  },
  US: {
    currency: 'USD',
    zone: {
      'America/New_York': `New York, New York City, Brooklyn, Boston, Cambridge, Philadelphia, Washington, Baltimore, Atlanta,
        Charlotte, Raleigh, Greensboro, Atlantic City, Newark, Camden, Orlando, Tampa, Miami, Miami Beach, Ft Lauderdale,
        Fort Lauderdale, Sunrise, West Palm Beach, Jacksonville, Clearwater, Pittsburgh, Harrisburg, Hershey, Cleveland,
        Cincinnati, Buffalo, Syracuse, Albany, New Haven, Wallingford, Uncasville, Bridgeport, Virginia Beach, Norfolk,
        Knoxville, Chattanooga, Louisville, Lexington`,
      'America/Detroit': 'Detroit, Grand Rapids, Royal Oak, Ferndale, Westland, Mount Clemens',
      'America/Indiana/Indianapolis': 'Indianapolis',
      'America/Chicago': `Chicago, Rosemont, Evanston, Joliet, Milwaukee, Green Bay, Minneapolis, Saint Paul, St. Paul,
        Saint Louis, St. Louis, Kansas City, Des Moines, Omaha, Tulsa, Oklahoma City, Nashville, Memphis, Huntsville,
        Tuscaloosa, New Orleans, Baton Rouge, Biloxi, Dallas, Grand Prairie, Houston, The Woodlands, Austin, San Antonio,
        Lubbock, Corpus Christi`,
      'America/Denver':
        'Denver, Morrison, Salt Lake City, West Valley City, El Paso, Albuquerque, Boise, Missoula, Aspen',
      'America/Phoenix': 'Phoenix, Tucson, Mesa, Tempe, Scottsdale',
      'America/Los_Angeles': `Los Angeles, West Hollywood, Inglewood, Long Beach, Anaheim, Costa Mesa, Garden Grove,
        Rancho Cucamonga, Fontana, Palm Springs, Palm Desert, Santa Barbara, San Diego, El Cajon, Del Mar, Solana Beach,
        Laguna Beach, San Francisco, San Leandro, Oakland, Berkeley, San Jose, Santa Cruz, Sacramento, Fresno,
        Bakersfield, Las Vegas, Reno, Seattle, Spokane, Suquamish, Bend`,
    },
  },
}

const zonesByCity = new Map(
  Object.entries(countries).flatMap(([country, { zone }]) =>
    typeof zone === 'string'
      ? []
      : Object.entries(zone).flatMap(([name, cities]) =>
          cities.split(/,\s*/).map((city) => [cityKey(country, city), name] as const),
        ),
  ),
)

/** The time zone of a city (`country` as two letters), or `null` when it takes more than these two to know. */
export function zoneOfCity({ country, city }: { country: string; city: string | null }): string | null {
  const zone = countries[country]?.zone
  if (typeof zone === 'string') return zone
  return city === null ? null : (zonesByCity.get(cityKey(country, city)) ?? null)
}

/** The currency of a country, or `null` when it is not listed here. */
export function currencyOf(country: string): string | null {
  return countries[country]?.currency ?? null
}

function cityKey(country: string, city: string): string {
  return `${country} ${city.trim().toLowerCase()}`
}
