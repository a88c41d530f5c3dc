import { type MyDataState, myData } from '../views/my-data.ts'
import { myDataWords } from '../views/words/my-data.ts'
import { ask, type Fault } from './api.ts'
import { forgetBuyer } from './forget-buyer.ts'
import { type Island, pageState, startIsland } from './island.ts'

/** The page about the reader's data: erases it, after a confirmation. Signs out. */

const element = document.querySelector<HTMLElement>('#my-data')

if (element !== null) {
  startIsland<MyDataState>({
    element,
    state: pageState<MyDataState>(),
    view: myData,
    actions: { erase: (island) => void erase(island), signOut: (island) => void signOut(island) },
  })
}

async function erase(island: Island<MyDataState>): Promise<void> {
  if (island.state.isErasing) return
  island.set({ isErasing: true, fault: null })
  const answer = await ask('DELETE', '/me')
  if (!answer.ok) {
    island.set({ isErasing: false, fault: sentenceOf(answer.problem, island.state.language) })
    return
  }
  await forgetBuyer()
  // Elsewhere the provider ends the session.
  if (island.state.isDemo) await ask('DELETE', '/session')
  island.set({ isErased: true })
}

async function signOut(island: Island<MyDataState>): Promise<void> {
  const answer = await ask('DELETE', '/session')
  if (!answer.ok) {
    island.set({ signOutFault: sentenceOf(answer.problem, island.state.language) })
    return
  }
  await forgetBuyer()
  location.assign('/')
}

function sentenceOf({ code, detail, reason, until }: Fault, language: string): string {
  if (code === 'offline') return myDataWords.offline
  const why = myDataWords.blocked[String(reason)]
  if (code !== 'erasure_blocked' || why === undefined) return detail
  if (typeof until !== 'string') return why
  // A hold ends within minutes, a ticket is kept for weeks.
  const timeStyle = reason === 'ticket' ? undefined : 'short'
  const time = new Date(until).toLocaleString(language, { dateStyle: 'long', timeStyle })
  return `${why} ${myDataWords.tryAgainAfter(time)}`
}
