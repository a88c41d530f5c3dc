import type { PriceStep } from '#shared/contracts/places.ts'
import { demoEventId } from '#shared/ids.ts'
import { arena as drawArena } from './houses/arena.ts'
import { club as drawClub } from './houses/club.ts'
import { theatre as drawTheatre } from './houses/theatre.ts'
import { type DemoVenue, demoVenue } from './venues.ts'

export interface DemoEvent {
  readonly name: string
  readonly type: string
  readonly performers: readonly string[]
  readonly venue: DemoVenue
  /** Days after the one on which the catalogue is filled. */
  readonly inDays: number
  /** Local time at the venue; `null` while it is not announced. */
  readonly at: string | null
  /** Minor units: the range that is announced, or the price of each category and area of the house, by which it is on sale. */
  readonly prices: readonly [number, number] | Readonly<Record<string, number>>
  /** From which share sold on, in percent, seats of a category cost what. */
  readonly priceSteps?: Readonly<Record<string, PriceStep[]>>
  readonly rescheduled?: true
}

const arena = demoVenue('Arena Bawełna', 'Łódź', { address: 'ul. Czółenkowa 12', drawSeats: drawArena })
const chamber = demoVenue('Kleiner Speicher', 'Berlin', { address: 'Am Speicher 3', drawSeats: drawTheatre })
const loft = demoVenue('Klub Przędzalnia', 'Łódź', { address: 'ul. Wrzecionowa 7', drawSeats: drawClub })
const lagoon = demoVenue('Lónið Hall', 'Reykjavík')
const jacaranda = demoVenue('Teatro Jacarandá', 'São Paulo')
const foundry = demoVenue('The Foundry on Ninth', 'New York')
const shed = demoVenue('Harbour Shed 7', 'Wellington')
const lantern = demoVenue('Lantern Hall', 'Tokyo')
const savanna = demoVenue('Savanna Stage', 'Nairobi')
const brewery = demoVenue('The Cooperage', 'Dublin')
const kristall = demoVenue('Kristallsaal', 'Zürich')
const monsoon = demoVenue('Monsoon Theatre', 'Mumbai')
const erable = demoVenue("Théâtre de l'Érable", 'Montréal')
const gulf = demoVenue('Pearl Auditorium', 'Kuwait City')
const fig = demoVenue('İncir Sahnesi', 'İzmir')
const pampa = demoVenue('Sala Pampa', 'Buenos Aires')
const dock = demoVenue('Dockan 4', 'Göteborg')

const recital = { 'Stalls, front': 5_600, Stalls: 4_200, Boxes: 4_900, Balcony: 2_800 }
const comedy = { 'Stalls, front': 2_200, Stalls: 1_800, Boxes: 1_800, Balcony: 1_200 }
const laterIsDearer = {
  Stalls: [
    { sold_percent: 50, price_minor: 2_000 },
    { sold_percent: 80, price_minor: 2_200 },
  ],
}

/** The first is the one that a bare purchase buys from. */
// biome-ignore format: one event a line makes the table that it is
export const demoEvents: readonly DemoEvent[] = [
  { name: 'Aurora Vale: The Long Night', type: 'Music', performers: ['Aurora Vale', 'Północ'], venue: arena, inDays: 182, at: '19:00:00', prices: { Floor: 32_000, Pit: 19_900, 'Lower ring, side': 24_000, 'Lower ring, end': 19_900, 'Upper ring, side': 14_900, 'Upper ring, end': 9_900 } },
  { name: 'Quartett Morgenrot: Haydn and Shaw', type: 'Music', performers: ['Quartett Morgenrot'], venue: chamber, inDays: 5, at: '19:30:00', prices: recital },
  { name: 'Wortwechsel', type: 'Comedy', performers: ['Mina Okafor', 'Jost Wieland'], venue: chamber, inDays: 9, at: '20:00:00', prices: comedy },
  { name: 'An Evening of Étienne Sableux', type: 'Music', performers: ['Étienne Sableux'], venue: chamber, inDays: 16, at: '19:30:00', prices: recital },
  { name: 'The Paper Lighthouse', type: 'Theatre', performers: ['Ensemble Papierboot'], venue: chamber, inDays: 23, at: '18:00:00', prices: recital },
  { name: 'Wortwechsel: Finale', type: 'Comedy', performers: ['Mina Okafor', 'Jost Wieland'], venue: chamber, inDays: 37, at: '20:00:00', prices: comedy, priceSteps: laterIsDearer },
  { name: 'Północ unplugged', type: 'Music', performers: ['Północ'], venue: loft, inDays: 12, at: '20:00:00', prices: { 'Dance floor': 6_000, Gallery: 9_500 } },
  { name: 'Świetlik: theatre for the youngest', type: 'Family', performers: ['Teatr Świetlik'], venue: loft, inDays: 20, at: '11:00:00', prices: { 'Dance floor': 2_500, Gallery: 2_500 } },
  { name: 'Hrafn & the Tides', type: 'Music', performers: ['Hrafn Jökulsson', 'The Tides'], venue: lagoon, inDays: 7, at: '21:00:00', prices: [7_900, 12_900] },
  { name: 'Sögur: stories by candlelight', type: 'Theatre', performers: ['Björk Lindal'], venue: lagoon, inDays: 45, at: '20:00:00', prices: [4_500, 4_500] },
  { name: 'Noite das Cigarras', type: 'Music', performers: ['Trio Capivara', 'Iara Monteiro'], venue: jacaranda, inDays: 14, at: '21:30:00', prices: [9_000, 28_000] },
  { name: 'Corpo de Vidro', type: 'Dance', performers: ['Companhia Maré'], venue: jacaranda, inDays: 62, at: '20:00:00', prices: [8_000, 18_000] },
  { name: 'Velvet Arithmetic', type: 'Music', performers: ['Velvet Arithmetic'], venue: foundry, inDays: 10, at: '20:00:00', prices: [3_950, 8_500] },
  { name: 'Nora Quill: Mostly Untrue', type: 'Comedy', performers: ['Nora Quill'], venue: foundry, inDays: 31, at: '19:00:00', prices: [4_500, 6_500] },
  { name: 'Brass Against the Clock', type: 'Music', performers: ['Ninth Street Brass'], venue: foundry, inDays: 88, at: null, prices: [2_500, 5_500] },
  { name: 'Kōwhai Sessions', type: 'Music', performers: ['Tūī Sound System'], venue: shed, inDays: 18, at: '18:30:00', prices: [4_900, 4_900] },
  { name: 'The Weather Committee', type: 'Comedy', performers: ['The Weather Committee'], venue: shed, inDays: 52, at: '19:30:00', prices: [3_900, 5_900] },
  { name: 'Paper Moons', type: 'Music', performers: ['Paper Moons'], venue: lantern, inDays: 25, at: '19:00:00', prices: [5_500, 12_000] },
  { name: 'Night Ferry', type: 'Theatre', performers: ['Studio Kawasemi'], venue: lantern, inDays: 70, at: '18:30:00', prices: [6_800, 9_800] },
  { name: 'Acacia Rhythm Festival', type: 'Festival', performers: ['Wanjiru Collective', 'Kisumu Horns', 'DJ Mawingu'], venue: savanna, inDays: 40, at: '15:00:00', prices: [150_000, 450_000] },
  { name: 'Fiadh Ó Laoire', type: 'Music', performers: ['Fiadh Ó Laoire'], venue: brewery, inDays: 21, at: '20:00:00', prices: [2_850, 3_950] },
  { name: 'Open Rehearsal', type: 'Music', performers: ['Liffey Chamber Players'], venue: brewery, inDays: 28, at: '13:00:00', prices: [0, 0] },
  { name: 'Gletscherlicht', type: 'Film', performers: ['Orchester am See'], venue: kristall, inDays: 33, at: '19:30:00', prices: [5_500, 14_500] },
  { name: 'Raga at Daybreak', type: 'Music', performers: ['Ananya Deshmukh'], venue: monsoon, inDays: 27, at: '06:30:00', prices: [80_000, 250_000] },
  { name: 'Les Heures Bleues', type: 'Dance', performers: ['Ballet du Fleuve'], venue: erable, inDays: 48, at: '20:00:00', prices: [4_800, 11_500] },
  { name: 'Oud and Sea', type: 'Music', performers: ['Noor Al-Sabah Ensemble'], venue: gulf, inDays: 57, at: '20:30:00', prices: [8_500, 22_500] },
  { name: 'Rüzgâr', type: 'Music', performers: ['Deniz Karaca'], venue: fig, inDays: 36, at: '21:00:00', prices: [45_000, 120_000] },
  { name: 'Tango de las Ocho', type: 'Dance', performers: ['Sexteto Ombú'], venue: pampa, inDays: 66, at: '20:00:00', prices: [1_500_000, 4_200_000] },
  { name: 'Snö & Salt', type: 'Music', performers: ['Snö', 'Västanvind'], venue: dock, inDays: 75, at: '19:00:00', prices: [39_500, 59_500], rescheduled: true },
  { name: 'Vintergatan: a planetarium concert', type: 'Family', performers: ['Västanvind'], venue: dock, inDays: 96, at: '14:00:00', prices: [18_000, 24_000] },
]

/** Id of the event at that place of the table: the first has the id that all processes know. */
export function demoIdAt(index: number): string {
  return demoEventId.slice(0, -4) + (index + 1).toString(16).padStart(4, '0')
}
