import { type PassOnState, passOn } from '../views/pass-on.ts'
import * as ticketWords from '../views/words/ticket.ts'
import { ask } from './api.ts'
import { type Island, pageState, startIsland } from './island.ts'
import { newUuid } from './new-uuid.ts'
import { openOffline, savePage, tickets } from './saved-pages.ts'

/** The page of a ticket: printing, passing on, and reading it offline. */

/** Starts the page of a ticket. */
export function startTicketPage(): void {
  const printing = document.querySelector<HTMLElement>('#print')
  if (printing !== null) {
    printing.hidden = false
    printing.addEventListener('click', () => print())
  }

  const offline = document.querySelector<HTMLElement>('.offline')
  const showConnection = (): void => {
    offline?.toggleAttribute('hidden', navigator.onLine)
  }
  showConnection()
  addEventListener('online', showConnection)
  addEventListener('offline', showConnection)

  const form = document.querySelector<HTMLElement>('.pass-on')
  if (form !== null) {
    const { ticketId } = pageState<{ ticketId: string }>()
    let key = newUuid()
    let sentTo = ''
    startIsland<PassOnState>({
      element: form,
      state: {
        ticketId,
        fault: null,
        isSending: false,
        passedOnTo: null,
        address: location.origin + location.pathname,
      },
      view: passOn,
      actions: {
        passOn(island) {
          const to = (document.querySelector<HTMLInputElement>('#to')?.value ?? '').trim()
          // Another name is another intention.
          if (to !== sentTo) key = newUuid()
          sentTo = to
          void send(island, to, key)
        },
      },
    })
  }
  // A page that cannot be saved works like any other.
  openOffline(tickets).catch(() => undefined)
}

async function send(island: Island<PassOnState>, to: string, key: string): Promise<void> {
  const { ticketId, isSending } = island.state
  if (isSending) return
  if (to === '') {
    island.set({ fault: ticketWords.passOnMissing })
    return
  }
  island.set({ isSending: true, fault: null })
  const options = { body: { to_user_id: to }, idempotencyKey: key }
  const answer = await ask('POST', `/tickets/${ticketId}/transfer`, options)
  if (!answer.ok) {
    const { code, detail } = answer.problem
    island.set({ isSending: false, fault: code === 'offline' ? ticketWords.noConnection : detail })
    return
  }
  island.set({ isSending: false, passedOnTo: to })
  // A ticket that is no longer valid is no longer shown, even offline.
  document.querySelector('.ticket')?.classList.add('gone')
  const word = document.createElement('p')
  word.className = 'ticket-word'
  word.textContent = ticketWords.passedOn.word
  document.querySelector('.ticket .code')?.replaceWith(word)
  const label = document.querySelector('.ticket .label')
  if (label !== null) label.textContent = `${label.textContent.split(' · ')[0]} · ${ticketWords.states.passedOn}`
  savePage(tickets).catch(() => undefined)
}
