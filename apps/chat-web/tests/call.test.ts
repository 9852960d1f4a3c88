/** What a snapshot of a call means for this tab. */
import { describe, expect, test } from 'vitest'
import { afterGreeting, endingOf, ringsThere, stageOf, withRecord, withSnapshot, type Stage } from '../src/features/calls/call'
import type { CallMember, Snapshot } from '../src/protocol'
import { at, callEntry, known, OTHER_PARTY, SELF, snapshot } from './support/calls'
import { BOB, CONV, EVE, id, ME, sure } from './support/samples'

describe('snapshots', () => {
  test('only a newer one of the same conversation counts, whatever call it is of', () => {
    const calls = withSnapshot(new Map(), snapshot(), 0)
    expect(withSnapshot(calls, snapshot({ rev: 10, state: 'ended' }), 0)).toBe(calls)
    expect(withSnapshot(calls, snapshot({ rev: 9, call: id(0xcb) }), 0)).toBe(calls)
    expect(withSnapshot(calls, snapshot({ rev: 11, call: id(0xcb) }), 0).get(CONV)?.call).toBe(id(0xcb))
    expect(withSnapshot(calls, snapshot({ rev: 1, conv: id(0xc9) }), 0).size).toBe(2)
  })

  test('it rings for as long as the server says, counted from its arrival', () => {
    expect(withSnapshot(new Map(), snapshot({ ring_ms: 5000 }), 1000).get(CONV)?.until).toBe(6000)
  })

  test('a call that a greeting does not name has ended; one that it names is as it says', () => {
    const calls = withSnapshot(withSnapshot(new Map(), snapshot(), 0), snapshot({ conv: id(0xc9), call: id(0xcb) }), 0)
    const after = afterGreeting(calls, [snapshot({ rev: 12, state: 'active' })], 0)
    expect([after.get(CONV)?.state, after.get(id(0xc9))?.state]).toEqual(['active', 'ended'])
    expect(afterGreeting(new Map(), [], 0).size).toBe(0)
  })
})

describe('the entry of a call in the log', () => {
  const ringing = new Map([[CONV, known({ by: at(ME, 'ringing') })]])

  test('ends the call, with its reason, and without the author of an earlier change', () => {
    const ended = sure(withRecord(ringing, callEntry()).get(CONV))
    expect([ended.state, ended.reason, ended.members, ended.by]).toEqual(['ended', 'missed', callEntry().meta.members, undefined])
    expect(endingOf(ended, BOB)).toBe('missed')
  })

  test('ends no other call: one with another id, by another caller, of another conversation', () => {
    for (const other of [callEntry({ id: id(0xcb) }), callEntry({ from: EVE }), callEntry({ conv: id(0xc9) }), { ...callEntry(), kind: 'text', body: 'so' } as const]) {
      expect(withRecord(ringing, other)).toBe(ringing)
    }
  })

  test('says less than the end itself, which may come before and after it', () => {
    const told = withSnapshot(ringing, snapshot({ rev: 12, state: 'ended', reason: 'completed', by: at(BOB, 'left') }), 0)
    expect(withRecord(told, callEntry())).toBe(told)
    expect(withSnapshot(withRecord(ringing, callEntry()), snapshot({ rev: 12, state: 'ended', reason: 'missed', by: at(BOB, 'left') }), 0).get(CONV)?.by?.user).toBe(BOB)
  })

  test('is the last word: a late snapshot does not revive the call, the next call is another', () => {
    const ended = withRecord(ringing, callEntry())
    expect(withSnapshot(ended, snapshot({ rev: 12, state: 'active' }), 0)).toBe(ended)
    expect(withSnapshot(ended, snapshot({ rev: 12, call: id(0xcb) }), 0).get(CONV)?.state).toBe('ringing')
    const missing = afterGreeting(ringing, [], 0)
    expect(withSnapshot(missing, snapshot({ rev: 12, state: 'active' }), 0).get(CONV)?.state).toBe('active')
  })
})

const stages: [string, Partial<Snapshot>, number, Stage][] = [
  ['invited', {}, 0, 'ringing'],
  ['ringing', { members: [at(ME, 'ringing')] }, 59_999, 'ringing'],
  ['invited, but the time to answer is over', {}, 60_000, 'open'],
  ['joined here before anybody else', { members: [at(ME, 'joined', 1)] }, 0, 'calling'],
  ['joined here', { state: 'active', members: [at(ME, 'joined', 2)] }, 0, 'active'],
  ['joined with another tab', { state: 'active', members: [at(ME, 'joined', 2, OTHER_PARTY)] }, 0, 'elsewhere'],
  ['called from another tab', { members: [at(ME, 'joined', 1, OTHER_PARTY)] }, 0, 'elsewhere'],
  ['declined, while the others go on', { state: 'active', members: [at(ME, 'declined')] }, 0, 'open'],
  ['not called at all', { members: [at(BOB, 'joined', 1)] }, 0, 'open'],
  ['ended, whoever is still listed', { state: 'ended', members: [at(ME, 'joined', 2)] }, 0, 'over'],
]
test.each(stages)('the stage of a call: %s', (_, changes, now, stage) => {
  expect(stageOf(known(changes), SELF, now)).toBe(stage)
})

test('the caller may hear ringback once a phone rings, not while it is only asked to', () => {
  expect(ringsThere(snapshot())).toBe(false)
  expect(ringsThere(snapshot({ members: [at(BOB, 'joined', 1), at(ME, 'ringing')] }))).toBe(true)
})

const by = (user: string): Pick<Snapshot, 'by'> => ({ by: at(user, 'left', 1) satisfies CallMember })
test.each([
  ['by-me', { reason: 'completed', ...by(ME) }],
  ['by-other', { reason: 'completed', ...by(EVE) }],
  ['declined', { reason: 'declined', ...by(BOB) }],
  ['busy', { reason: 'busy' }],
  ['missed', { reason: 'missed' }],
  ['cancelled', { reason: 'cancelled', ...by(BOB) }],
  ['failed', { reason: 'failed', ...by(ME) }],
  ['lost', {}],
] as const)('a call ended: %s', (ending, changes) => {
  expect(endingOf(snapshot({ state: 'ended', ...changes }), ME)).toBe(ending)
})

test('without a snapshot the end of a call is a loss, and leaving one that goes on is leaving', () => {
  expect(endingOf(undefined, ME)).toBe('lost')
  expect(endingOf(snapshot({ state: 'active' }), ME)).toBe('left')
})
