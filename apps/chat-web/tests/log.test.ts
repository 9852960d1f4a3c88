/** The loaded part of a log: without holes, whatever order its entries come in. */
import { expect, test } from 'vitest'
import { cursorOf, hasGap, lastSeq, logOf, place, placeAll, prepend, type Log } from '../src/features/messages/log'
import { Dice } from './support/random'
import { entries, entry, seqs } from './support/samples'

const log = (from: number, to: number): Log => logOf({ epoch: 1, head: to, items: entries(from, to) })

test('a page is a log from its first entry on', () => {
  expect(log(41, 43)).toEqual({ epoch: 1, base: 40, entries: entries(41, 43), ahead: [] })
  expect(cursorOf(log(41, 43))).toEqual([1, 43])
})

test('an empty page of a log that has entries begins at its head', () => {
  expect(lastSeq(logOf({ epoch: 1, head: 7, items: [] }))).toBe(7)
})

test('the next entry is appended', () => {
  expect(seqs(place(log(1, 2), entry(3)).entries)).toEqual([1, 2, 3])
})

test('an entry that is there already changes nothing', () => {
  const [short, gapped] = [log(5, 7), place(log(5, 7), entry(9))]
  for (const seq of [3, 5, 7]) expect(place(short, entry(seq))).toBe(short)
  expect(place(gapped, entry(9))).toBe(gapped)
})

test('an entry beyond a gap waits, does not move the cursor, and joins when the gap is closed', () => {
  const gapped = place(place(log(1, 2), entry(5)), entry(4))
  expect([seqs(gapped.entries), seqs(gapped.ahead), hasGap(gapped)]).toEqual([[1, 2], [4, 5], true])
  expect(cursorOf(gapped)).toEqual([1, 2])
  const closed = place(gapped, entry(3))
  expect([seqs(closed.entries), closed.ahead]).toEqual([[1, 2, 3, 4, 5], []])
})

test('a page of a repair closes a gap and overlaps harmlessly', () => {
  const gapped = place(log(1, 2), entry(6))
  const next = placeAll(gapped, entries(2, 5))
  expect([seqs(next.entries), hasGap(next)]).toEqual([[1, 2, 3, 4, 5, 6], false])
  expect(placeAll(next, entries(1, 6))).toBe(next)
})

test('older entries go before, if they end right before', () => {
  const late = log(11, 12)
  expect(prepend(late, { epoch: 1, head: 12, items: entries(8, 10) })).toMatchObject({ base: 7, entries: entries(8, 12) })
  expect(prepend(late, { epoch: 1, head: 12, items: entries(8, 11) })).toMatchObject({ base: 7 })
  expect(prepend(late, { epoch: 1, head: 12, items: entries(7, 9) })).toBe(late)
  expect(prepend(late, { epoch: 2, head: 12, items: entries(8, 10) })).toBe(late)
})

test('in whatever order and however often entries come, the log is the run without holes', () => {
  const dice = new Dice(3)
  for (let turn = 0; turn < 200; turn++) {
    const count = 1 + dice.below(12)
    const arriving = dice.shuffled([...entries(1, count), ...entries(1, count).filter(() => dice.chance(0.3))])
    const lost = dice.chance(0.5) ? 1 + dice.below(count) : count + 1
    let now = log(1, 0)
    for (const one of arriving.filter(({ seq }) => seq !== lost)) now = dice.chance(0.5) ? place(now, one) : placeAll(now, [one])
    expect(seqs(now.entries)).toEqual(seqs(entries(1, lost - 1)))
    expect(seqs(now.ahead)).toEqual(seqs(entries(lost + 1, count)))
  }
})
