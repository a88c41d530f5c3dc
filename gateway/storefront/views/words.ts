/** Sentences of all pages; those of one part stand in `words/`. Short, true, what happened first, then what can be done. */
export const whatsOn = 'What’s on'
export const bookings = 'My bookings'
export const skip = 'Skip to the content'
export const home = (shop: string) => `${shop}, to the front page`
export const pages = 'Pages'
export const held = (seats: number) => (seats === 1 ? '1 seat' : `${seats} seats`)
export const venueTimes = 'Times are those of the venue.'
export const api = 'API'
export const running = 'What is running'
export const demo = 'Demo: no real money moves.'
export const free = 'Free'
