/** A page that begins with a field is ready to be typed into; on a phone the keyboard would cover what the field filters. */
import { useEffect, type RefObject } from 'react'
import { PHONE } from '../../app/hooks'

export function useFirstField(field: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    if (!matchMedia(PHONE).matches) field.current?.focus()
  }, [field])
}
