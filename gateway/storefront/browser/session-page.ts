import { type SessionState, sessionForm } from '../views/session.ts'
import { sessionWords } from '../views/words/session.ts'
import { ask } from './api.ts'
import { forgetBuyer } from './forget-buyer.ts'
import { pageState, startIsland } from './island.ts'

const element = document.querySelector<HTMLElement>('#session')

if (element !== null) {
  startIsland<SessionState>({
    element,
    state: pageState<SessionState>(),
    view: sessionForm,
    actions: {
      async open(island, form) {
        if (island.state.isAsking) return
        const user = form.querySelector('input')?.value.trim() ?? ''
        if (!/^[\x21-\x7e]{1,128}$/.test(user)) return refuse(sessionWords.nameFault)
        island.set({ isAsking: true })
        const answer = await ask('POST', '/session', { body: { user_id: user } })
        if (answer.ok) {
          // They belong to the previous buyer on this device.
          await forgetBuyer()
          location.replace(island.state.to)
        } else refuse(answer.problem.code === 'offline' ? sessionWords.offline : answer.problem.detail)

        function refuse(fault: string): void {
          island.set({ fault, isAsking: false })
          form.querySelector('input')?.focus()
        }
      },
    },
  })
}
