/** What could not be done, and the button that tries again. */
import { Icon } from './Icon'

interface Props {
  text: string
  action: string
  retry: () => void
}

export function Failed({ text, action, retry }: Props) {
  return (
    <div className="empty" role="alert">
      <span className="empty-icon">
        <Icon name="alert" />
      </span>
      <p>{text}</p>
      <button className="btn" onClick={retry}>
        {action}
      </button>
    </div>
  )
}
