/** The frame: banner, list and page side by side, or one at a time on a phone. */
import { lazy, Suspense, useEffect, useRef } from 'react'
import { Rail } from '../features/conversations/Rail'
import { unreadTotal } from '../features/conversations/list'
import { ConversationPage } from '../features/messages/ConversationPage'
import { windowTitle } from './alerts'
import { Banner } from './Banner'
import { useApp, useClientState, useStore, useWords } from './context'
import { PHONE, useMedia } from './hooks'
import { Icon } from './Icon'
import { Link } from './Link'
import { useRoute, type Route } from './routes'
import { ListSkeleton } from './Skeleton'

const pages = {
  new: () => import('../features/conversations/NewConversation'),
  people: () => import('../features/people/People'),
  settings: () => import('../features/settings/Settings'),
  doctor: () => import('../features/doctor/Doctor'),
  calls: () => import('../features/calls/Layer'),
}
const NewConversation = lazy(pages.new)
const People = lazy(pages.people)
const Settings = lazy(pages.settings)
const Doctor = lazy(pages.doctor)
const CallLayer = lazy(pages.calls)

export function App() {
  const route = useRoute()
  const phone = useMedia(PHONE)
  useShown(route)
  useTitle()
  useReadyPages()
  return (
    <div className="app">
      {!phone && <Skip />}
      <Banner />
      <div className="beside-call">
        <Panes route={route} phone={phone} />
        <CallPlace />
      </div>
    </div>
  )
}

/** The list and the page; out of reach while a call fills the window. */
function Panes({ route, phone }: { route: Route; phone: boolean }) {
  const { client } = useApp()
  const alone = phone && route.page === 'list'
  const covered = useStore(client.calls.view, (view) => view === 'full')
  return (
    <div className="panes" inert={covered}>
      {/* The same elements at all widths, so that turning a phone empties no field. */}
      {(!phone || alone) && (
        <div className="rail-place" role={alone ? 'main' : undefined}>
          <Rail />
        </div>
      )}
      {!alone && (
        <main className="main" id="main" tabIndex={-1}>
          <Pane route={route} />
        </main>
      )}
    </div>
  )
}

/** Where calls are, once there has been one. */
function CallPlace() {
  const { client } = useApp()
  const wanted = useStore(client.calls.wanted, (is) => is)
  return (
    wanted && (
      <Suspense fallback={null}>
        <CallLayer />
      </Suspense>
    )
  )
}

function Pane({ route }: { route: Route }) {
  return (
    <div className="pane">
      <Suspense fallback={<ListSkeleton rows={5} />}>
        <PageOf route={route} />
      </Suspense>
    </div>
  )
}

function PageOf({ route }: { route: Route }) {
  switch (route.page) {
    case 'conversation':
      return <ConversationPage key={route.conv} conv={route.conv} />
    case 'new':
      return <NewConversation />
    case 'people':
      return <People />
    case 'settings':
      return <Settings />
    case 'doctor':
      return <Doctor />
    case 'list':
      return <Choose />
  }
}

function Choose() {
  const words = useWords()
  const some = useClientState((state) => state.conversations.size > 0)
  return (
    <div className="empty grow">
      <h1 className="sr">Parley</h1>
      <span className="empty-icon">
        <Icon name="chat" />
      </span>
      <p className="muted">{some ? words.choose : words.noConversations}</p>
      <Link to={{ page: 'new' }} className="btn">
        {words.newConversation}
      </Link>
    </div>
  )
}

function Skip() {
  const words = useWords()
  const skip = useRef<HTMLAnchorElement>(null)
  return (
    <a
      ref={skip}
      className="skip"
      href="#main"
      onClick={(event) => {
        event.preventDefault()
        document.getElementById('main')?.focus()
      }}
    >
      {words.skip}
    </a>
  )
}

function useShown(route: Route): void {
  const { client } = useApp()
  const conv = route.page === 'conversation' ? route.conv : null
  useEffect(() => client.show(conv), [client, conv])
}

function useTitle(): void {
  const { client } = useApp()
  const unread = useClientState((state) => unreadTotal(state.conversations))
  const alarm = useStore(client.calls.alarm, (text) => text)
  useEffect(() => {
    document.title = alarm ?? windowTitle(unread)
  }, [unread, alarm])
}

/** The pages that are loaded late are there before anybody asks for them, even if the connection is lost by then. */
function useReadyPages(): void {
  const { client } = useApp()
  useEffect(() => {
    // What cannot be loaded now is asked for again when it is opened.
    const late = [...Object.values(pages), () => client.calls.load()]
    const timer = setTimeout(() => late.forEach((load) => void load().catch(() => undefined)), 1500)
    return () => clearTimeout(timer)
  }, [client])
}
