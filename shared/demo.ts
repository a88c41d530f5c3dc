/** The event of the demo catalogue that a bare `POST /purchase` buys from: it has 15,000 seats and is always on sale. */
export const demoEventId = '019a0000-0000-7000-8000-000000000001'
