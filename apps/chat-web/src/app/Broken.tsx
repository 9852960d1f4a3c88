/** The last net: a view that failed, or a part of a build that is no longer there, ends in a page that can be loaded anew. */
import { Component, type ReactNode } from 'react'
import type { Speech } from '../words/choose'
import type { Store } from './store'

interface Props {
  speech: Store<Speech>
  children: ReactNode
}

export class Broken extends Component<Props, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true }
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children
    const { words } = this.props.speech.get()
    return (
      <main className="whole">
        <h1 className="sr">Parley</h1>
        <div className="empty" role="alert">
          <p>{words.outdated}</p>
          <button className="btn primary" onClick={() => location.reload()}>
            {words.reload}
          </button>
        </div>
      </main>
    )
  }
}
