/** Who is believed: see `AUTH`. */
export type Mode = 'demo' | 'jwt'
