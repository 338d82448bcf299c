import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { helloOf } from './primary-gate.ts'
import { type Primary, PrimaryWatch } from './primary-watch.ts'

const [a, b, c] = ['a:1', 'b:1', 'c:1'] as const
const members = [a, b, c]
const electionId = (term: number) => `7fffffff${term.toString(16).padStart(16, '0')}`
const primary = (address: string, term: number): Primary => ({
  address,
  electionId: electionId(term),
  isUnrivalled: false,
})
const leading = (address: string, term: number, majorityTerm = term) => ({
  electionId: electionId(term),
  primary: address,
  majorityTerm,
})

/** A set of three members that `a` has led in term 1 since 0. */
function settled(): PrimaryWatch {
  const watch = new PrimaryWatch({ confirmationMs: 4_000, unprovenMs: 5_000 })
  watch.onHello(a, leading(a, 1), 0)
  watch.onTopology(primary(a, 1), members, 0)
  for (const address of [b, c]) watch.onHello(address, { primary: a }, 0)
  return watch
}

it('trusts a primary that a majority follows and that has committed in its term', () => {
  const watch = settled()
  expect(watch.isCertain(0, 1)).toBe(true)
  expect(watch.proof).toBeUndefined()
})

describe('a new primary', () => {
  it('makes reads wait until it has committed in its own term', async () => {
    const watch = settled()
    watch.onHello(b, leading(b, 2, 1), 100)
    watch.onTopology(primary(b, 2), members, 100)
    watch.onHello(c, { primary: b }, 100)
    expect(watch.changes).toBe(2)
    const { proof } = watch
    expect(proof).toBeInstanceOf(Promise)
    expect(watch.isCertain(100, 9_000)).toBe(false)
    watch.onHello(b, leading(b, 2, 2), 150)
    await proof
    expect(watch.proof).toBeUndefined()
    // A read that began before the proof may have an older snapshot.
    expect(watch.isCertain(149, 151)).toBe(false)
    expect(watch.isCertain(150, 151)).toBe(true)
  })

  it('is not proven by a hello from before its election', () => {
    const watch = settled()
    watch.onHello(b, { primary: a, majorityTerm: 1 }, 90)
    watch.onTopology(primary(b, 2), members, 100)
    expect(watch.isCertain(100, 200)).toBe(false)
  })

  it('is trusted after a fixed time if it does not report commits', () => {
    const watch = settled()
    const silent = { electionId: 'ab12', primary: b }
    watch.onTopology({ address: b, electionId: 'ab12', isUnrivalled: false }, members, 100)
    watch.onHello(b, silent, 100)
    watch.onHello(c, { primary: b }, 100)
    expect(watch.proof).toBeUndefined()
    for (const at of [2_000, 4_000, 6_000]) {
      watch.onHello(b, silent, at)
      watch.onHello(c, { primary: b }, at)
    }
    expect(watch.isCertain(5_099, 5_200)).toBe(false)
    expect(watch.isCertain(5_100, 5_200)).toBe(true)
  })

  it('ends the wait when it is replaced before it has committed', async () => {
    const watch = settled()
    watch.onHello(b, leading(b, 2, 1), 100)
    watch.onTopology(primary(b, 2), members, 100)
    const { proof } = watch
    watch.onTopology(primary(c, 3), members, 200)
    await proof
    expect(watch.isCertain(200, 300)).toBe(false)
  })

  it('makes those who wait for it wait for the next one, too', async () => {
    const watch = settled()
    watch.onHello(b, leading(b, 2, 1), 100)
    watch.onTopology(primary(b, 2), members, 100)
    let isOver = false
    const waiting = watch.proof?.then(() => {
      isOver = true
    })
    watch.onHello(c, leading(c, 3, 1), 200)
    watch.onTopology(primary(c, 3), members, 200)
    await setImmediate()
    expect(isOver).toBe(false)
    watch.onHello(c, leading(c, 3, 3), 300)
    await waiting
    expect(watch.proof).toBeUndefined()
  })

  it('ends the wait when the client is closed', async () => {
    const watch = settled()
    watch.onHello(b, leading(b, 2, 1), 100)
    watch.onTopology(primary(b, 2), members, 100)
    const { proof } = watch
    watch.onTopology(undefined, [], 200)
    await proof
  })
})

describe('an old primary', () => {
  it('is not trusted when no majority has confirmed it within the confirmation time', () => {
    const watch = settled()
    // Cut off together with the origin: only `a` still answers.
    watch.onHello(a, leading(a, 1), 2_000)
    expect(watch.isCertain(3_990, 3_999)).toBe(true)
    for (const at of [4_000, 6_000]) {
      watch.onHello(a, leading(a, 1), at)
      expect(watch.isCertain(at, at)).toBe(false)
    }
    // With one more member there is a majority of three again, for reads from now on.
    watch.onHello(b, { primary: a }, 6_500)
    expect(watch.isCertain(6_499, 6_600)).toBe(false)
    expect(watch.isCertain(6_500, 6_600)).toBe(true)
  })

  it('is not trusted once a majority follows another primary, or none', () => {
    const watch = settled()
    watch.onHello(b, { primary: c }, 1_000)
    expect(watch.isCertain(1_000, 1_001)).toBe(true)
    watch.onHello(c, {}, 1_000)
    expect(watch.isCertain(1_000, 1_001)).toBe(false)
  })

  it('is confirmed by answers of members that never name a primary', () => {
    const watch = new PrimaryWatch()
    watch.onHello(a, leading(a, 1), 0)
    watch.onTopology(primary(a, 1), members, 0)
    watch.onHello(b, {}, 0)
    expect(watch.isCertain(0, 1)).toBe(true)
  })

  it('stays trusted when it returns with the same election id', () => {
    const watch = settled()
    watch.onTopology(undefined, members, 100)
    watch.onTopology(primary(a, 1), members, 200)
    expect(watch.changes).toBe(1)
    expect(watch.isCertain(200, 201)).toBe(true)
  })
})

it('trusts a standalone server always', () => {
  const watch = new PrimaryWatch()
  expect(watch.isCertain(0, 0)).toBe(false)
  watch.onTopology({ address: a, electionId: undefined, isUnrivalled: true }, [a], 0)
  expect(watch.isCertain(0, 100_000)).toBe(true)
})

it('ignores members of a hello with the wrong type', () => {
  const known = { toHexString: () => electionId(7) }
  expect(helloOf({ electionId: known, primary: a, lastWrite: { majorityOpTime: { t: 7, ts: {} } } })).toEqual(
    { electionId: electionId(7), primary: a, majorityTerm: 7 },
  )
  expect(helloOf({ electionId: 'x', primary: 1, lastWrite: {} })).toEqual({
    electionId: undefined,
    primary: undefined,
    majorityTerm: undefined,
  })
})
