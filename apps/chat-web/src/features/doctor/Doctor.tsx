/** `/chat/doctor`: whether calls work from here, one sentence and one remedy for each relay server. */
import { useCallback, useEffect, useState } from 'react'
import { useApp, useClientState, useWords } from '../../app/context'
import { Icon } from '../../app/Icon'
import { Page } from '../../app/Page'
import type { Words } from '../../words/en'
import { Rtc, rtcBase } from '../calls/rtc'
import '../settings/settings.css'
import './doctor.css'
import { examine, NOTHING_YET, type Report } from './examine'
import { relayOnce } from './relay'
import type { Finding, Trouble } from './verdict'

export default function Doctor() {
  const { words } = useApp()
  const [report, again] = useReport()
  return (
    <Page title={words.doctor}>
      <div className="settings-scroll">
        <div className="settings">
          <p className="small muted">{words.doctorHint}</p>
          <section className="panel" aria-live="polite" aria-busy={report.running}>
            {report.troubles.map((trouble) => (
              <Diagnosis key={trouble.is} fine={false} lines={troubleWords(trouble, words)} />
            ))}
            {report.servers.map(({ url, finding }) => (
              <Diagnosis key={url} url={url} fine={finding === 'fine'} lines={finding ? findingWords(finding, words) : [words.doctorLooking]} />
            ))}
            {report === NOTHING_YET && <p className="muted">{words.doctorLooking}</p>}
          </section>
          <button className="btn" disabled={report.running} onClick={again}>
            {words.doctorAgain}
          </button>
        </div>
      </div>
    </Page>
  )
}

/** Begins when the page is opened, and again when that is asked for. */
function useReport(): [Report, () => void] {
  const { client } = useApp()
  const me = useClientState((state) => state.me.email)
  const [report, setReport] = useState(NOTHING_YET)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let wanted = true
    const rtc = new Rtc((path, init) => fetch(path, init), rtcBase(document))
    const run = async () => {
      for await (const next of examine({ rtc, me, relayOnce, now: Date.now })) {
        if (!wanted) return
        setReport(next)
      }
    }
    void run()
    return () => {
      wanted = false
    }
  }, [client, me, attempt])
  const again = useCallback(() => {
    setReport(NOTHING_YET)
    setAttempt((count) => count + 1)
  }, [])
  return [report, again]
}

interface DiagnosisProps {
  url?: string
  fine: boolean
  /** The sentence, and what to do about it. */
  lines: string[]
}

function Diagnosis({ url, fine, lines: [sentence, remedy] }: DiagnosisProps) {
  const words = useWords()
  const looking = sentence === words.doctorLooking
  return (
    <div className="diagnosis">
      <span className={fine || looking ? 'muted' : 'bad'}>
        <Icon name={fine ? 'check' : looking ? 'clock' : 'alert'} />
      </span>
      <div className="row-text">
        {url && <bdi className="small muted diagnosis-url">{url}</bdi>}
        <p>{sentence}</p>
        {remedy && <p className="small muted">{remedy}</p>}
      </div>
    </div>
  )
}

function troubleWords(trouble: Trouble, words: Words): string[] {
  switch (trouble.is) {
    case 'no-url':
      return [words.doctorNoUrl, words.doctorNoUrlRemedy]
    case 'no-credentials':
      return [words.doctorNoCredentials, words.doctorNoCredentialsRemedy]
    case 'clock-differs':
      return [words.doctorClock(trouble.minutes), words.doctorClockRemedy]
  }
}

function findingWords(finding: Finding, words: Words): string[] {
  switch (finding) {
    case 'fine':
      return [words.doctorFine]
    case 'unreachable':
      return [words.doctorUnreachable, words.doctorUnreachableRemedy]
    case 'unauthorized':
      return [words.doctorUnauthorized, words.doctorUnauthorizedRemedy]
    case 'quota-reached':
      return [words.doctorQuota, words.doctorQuotaRemedy]
    case 'relay-failed':
      return [words.doctorRelayFailed, words.doctorRelayFailedRemedy]
  }
}
