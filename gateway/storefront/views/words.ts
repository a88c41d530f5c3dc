/** Sentences of all pages; `words/` has those of single pages. Short and true: what happened first, then what the reader can do. */
export const whatsOn = 'What’s on'
export const bookings = 'My bookings'
export const skip = 'Skip to the content'
export const home = (shop: string) => `${shop}, front page`
export const pages = 'Pages'
export const held = (seats: number) => (seats === 1 ? '1 seat' : `${seats} seats`)
export const venueTimes = 'Times are those of the venue.'
export const api = 'API'
export const running = 'What is running'
export const demo = 'Demo: no real money moves.'
export const free = 'Free'
