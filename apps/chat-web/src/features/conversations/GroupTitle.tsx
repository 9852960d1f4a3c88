/** The name of a group, to be changed by any member; whoever saves second sees the first one's name before. */
import { useState } from 'react'
import { useApp } from '../../app/context'
import { useAction } from '../../app/loaded'
import { reason } from '../../app/reasons'
import { Failure } from '../../http'
import type { Conversation } from './conversation'

const MAX_TITLE = 120
const CHANGED_MEANWHILE = 412

export function GroupTitle({ conversation }: { conversation: Conversation }) {
  const { client, words } = useApp()
  const { conv, title } = conversation
  const { busy, problem, run, forget } = useAction()
  const [text, setText] = useState(title ?? '')
  const [saved, setSaved] = useState(false)
  const [version, setVersion] = useState<string | null>(null)
  const wanted = text.trim()

  /** From the first keystroke on, so that it is the version that the person saw. */
  const begin = () => {
    if (version === null) void run(async () => setVersion(await client.membership.version(conv)))
  }
  const type = (next: string) => {
    setText(next)
    setSaved(false)
    forget()
    begin()
  }
  const save = () =>
    run(async () => {
      const seen = version ?? (await client.membership.version(conv))
      try {
        await client.membership.rename(conv, wanted, seen)
        setSaved(true)
        setVersion(null)
      } catch (error) {
        if (error instanceof Failure && error.status === CHANGED_MEANWHILE) setVersion(await client.membership.version(conv))
        throw error
      }
    })
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <label htmlFor="group-title">{words.groupTitle}</label>
      <div className="form-line">
        <input id="group-title" className="field" dir="auto" maxLength={MAX_TITLE} value={text} onChange={({ target }) => type(target.value)} />
        <button className="btn" disabled={busy || !wanted || wanted === title}>
          {words.save}
        </button>
      </div>
      <p className="small form-answer" role="alert">
        {saved && <span className="muted">{words.saved}</span>}
        {problem?.status === CHANGED_MEANWHILE && <span className="bad">{words.changedMeanwhile} <q dir="auto">{title}</q></span>}
        {problem && problem.status !== CHANGED_MEANWHILE && <span className="bad">{words.saveFailed} ({reason(problem, words)})</span>}
      </p>
    </form>
  )
}
