/** One's own name, the devices that are signed in, and how this one looks, speaks and alerts. */
import { useState } from 'react'
import { useApp, useClientState } from '../../app/context'
import { useAction } from '../../app/loaded'
import { Page } from '../../app/Page'
import { reason } from '../../app/reasons'
import { MediaTest } from '../calls/MediaTest'
import { Alerts } from './Alerts'
import { Appearance } from './Appearance'
import { Devices } from './Devices'
import { Section } from './Section'
import './settings.css'

const MAX_NAME = 120

export default function Settings() {
  const { words } = useApp()
  return (
    <Page title={words.settings}>
      <div className="settings-scroll">
        <div className="settings">
          <Section title={words.name}>
            <NameForm />
          </Section>
          <Section title={words.alerts}>
            <Alerts />
          </Section>
          <Section title={words.calls}>
            <MediaTest />
          </Section>
          <Appearance />
          <Section title={words.devices}>
            <Devices />
          </Section>
          <SignOut />
        </div>
      </div>
    </Page>
  )
}

function NameForm() {
  const { client, words } = useApp()
  const me = useClientState((state) => state.me)
  const { busy, problem, run, forget } = useAction()
  const [text, setText] = useState(me.name)
  const [answer, setAnswer] = useState<'saved' | 'needed' | null>(null)
  const name = text.trim()
  const type = (next: string) => {
    setText(next)
    setAnswer(null)
    forget()
  }
  const save = async () => {
    if (!name) {
      setAnswer('needed')
      return
    }
    await run(async () => {
      const renamed = await client.http.rename(name)
      client.store.set((state) => ({ ...state, me: renamed, people: new Map(state.people).set(renamed.id, renamed) }))
      setAnswer('saved')
    })
  }
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className="form-line">
        <input
          className="field"
          aria-label={words.name}
          aria-describedby="name-hint name-answer"
          aria-invalid={answer === 'needed'}
          autoComplete="name"
          dir="auto"
          maxLength={MAX_NAME}
          value={text}
          onChange={({ target }) => type(target.value)}
        />
        <button className="btn" disabled={busy || name === me.name}>
          {words.save}
        </button>
      </div>
      <p id="name-answer" className="small form-answer" role="alert">
        {answer === 'saved' && <span className="muted">{words.saved}</span>}
        {answer === 'needed' && <span className="bad">{words.nameNeeded}</span>}
        {problem && (
          <span className="bad">
            {words.saveFailed} ({reason(problem, words)})
          </span>
        )}
      </p>
      <p id="name-hint" className="small muted">
        {words.nameHint}
      </p>
      <p className="small muted">
        {words.email}: <bdi>{me.email}</bdi>
      </p>
    </form>
  )
}

function SignOut() {
  const { client, words } = useApp()
  const { busy, problem, run } = useAction()
  const leave = () =>
    run(async () => {
      await client.http.signOut()
      location.replace('/')
    })
  return (
    <div className="sign-out">
      <button className="btn danger" disabled={busy} onClick={() => void leave()}>
        {words.signOut}
      </button>
      {problem && (
        <p className="error" role="alert">
          {words.signOutFailed}
        </p>
      )}
    </div>
  )
}
