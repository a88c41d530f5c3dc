import { z } from 'zod'
import { html } from '../views/html.ts'
import { type MyDataState, myData } from '../views/my-data.ts'
import { myDataWords } from '../views/words/my-data.ts'
import { definePage } from './page.ts'

export const myDataPage = definePage({
  path: '/shop/me',
  access: 'personal',
  parameters: z.object({}),
  load: async (_parameters, { userId, language, isDemo }): Promise<MyDataState> => ({ userId, language, isDemo }),
  view: (state) => ({
    title: myDataWords.title,
    current: 'bookings',
    script: 'my-data-page.ts',
    state,
    body: html`<div class="words-page" id="my-data">${myData(state)}</div>`,
  }),
})
