import { type AskedKey, type KeyAnswer, type KeyQuestion, keyTimes } from '@spillway/origin/contract'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiKeySource } from './api-key-source.ts'

const keyOf = (revision: string): AskedKey => ({
  ...{ revision, subject: 'robot', scopes: [], claims: {}, isRevoked: false, issuedAtSeconds: 0 },
  secrets: [{ hash: 'h', untilMs: Number.MAX_SAFE_INTEGER }],
})

let nowMs: number
let asked: KeyQuestion[]
let answer: (question: KeyQuestion) => Promise<KeyAnswer>
let failures: unknown[]
let source: ApiKeySource

const nothing = { changed: [], isCut: false }

beforeEach(() => {
  nowMs = 1_000_000
  asked = []
  failures = []
  answer = async ({ id }) => ({ ...nothing, ...(id !== undefined && { key: keyOf('1') }) })
  source = new ApiKeySource({
    ask: (question) => {
      asked.push(question)
      return answer(question)
    },
    now: () => nowMs,
    onFailure: (reason) => failures.push(reason),
  })
})

const learn = async (id: string) => {
  await source.lookUp(id)
  const known = source.find(id)
  if (known === undefined) throw new Error('it was not learnt')
  return known
}

it('asks for a key once, for all who wait', async () => {
  await Promise.all([source.lookUp('a'), source.lookUp('a'), source.lookUp('b')])
  expect(asked.map(({ id }) => id)).toEqual(['a', 'b'])
  expect(source.isUsable(nowMs)).toBe(true)
})

describe('revocation', () => {
  it('asks for changes after ten seconds, and drops what has changed', async () => {
    const [changed, same] = [await learn('a'), await learn('b')]
    nowMs += keyTimes.askMs - 1
    expect(source.isDue(nowMs)).toBe(false)
    nowMs += 1
    expect(source.isDue(nowMs)).toBe(true)
    answer = async () => ({
      ...nothing,
      changed: [
        ['a', '2'],
        ['b', '1'],
      ],
    })
    await source.refresh()
    expect([changed.retired, same.retired]).toEqual([true, false])
    expect(source.find('a')).toBeUndefined()
  })

  it('ends what was learnt from a question that was overtaken by a change', async () => {
    const { promise, resolve } = Promise.withResolvers<KeyAnswer>()
    answer = ({ id }) => (id === undefined ? Promise.resolve({ ...nothing, changed: [['a', '2']] }) : promise)
    const slow = source.lookUp('a')
    await source.refresh()
    resolve({ ...nothing, key: keyOf('1') })
    await slow
    expect(source.find('a')?.key?.revision).toBe('1')
    nowMs += keyTimes.askMs
    await source.refresh()
    expect(source.find('a')).toBeUndefined()
  })

  it('lets no key count 45 s after the last answer, while the origin is silent', async () => {
    await learn('a')
    answer = () => Promise.reject(new Error('silent'))
    for (let second = 0; second < 44; second += 1) {
      nowMs += 1_000
      if (source.isDue(nowMs)) await source.refresh()
    }
    expect(source.isUsable(nowMs)).toBe(true)
    nowMs += 1_000
    expect(source.isUsable(nowMs)).toBe(false)
    expect(failures.length).toBeGreaterThan(20)
  })

  it('counts the time from the start of a question, not from its answer', async () => {
    const { promise, resolve } = Promise.withResolvers<KeyAnswer>()
    answer = () => promise
    const slow = source.refresh()
    nowMs += 2_500
    resolve(nothing)
    await slow
    nowMs += keyTimes.usableMs - 2_500
    expect(source.isUsable(nowMs)).toBe(false)
  })

  it('takes a minute at most, with all that adds to it', () => {
    const { usableMs, listedMs, answerMs } = keyTimes
    const streamMarginMs = 2_000
    expect(usableMs + listedMs + answerMs + streamMarginMs).toBeLessThanOrEqual(60_000)
  })

  it.each([
    [
      'after a silence for which changes may be listed no more',
      { changed: [], isCut: false },
      keyTimes.forgetMs,
    ],
    ['when more has changed than is listed', { changed: [], isCut: true }, keyTimes.askMs],
  ])('forgets all keys %s', async (_name, heard, silenceMs) => {
    const known = [await learn('a'), await learn('b')]
    nowMs += silenceMs
    answer = async () => heard
    await source.refresh()
    expect(known.every(({ retired }) => retired)).toBe(true)
  })

  it('ends a verdict on a key that was evicted', async () => {
    const first = await learn('first')
    for (let i = 0; i < 10_000; i += 1) await learn(`key-${i}`)
    expect(source.find('first')).toBeUndefined()
    expect(first.retired).toBe(true)
  })
})

describe('guesses', () => {
  it('remembers for ten seconds that there is no such key', async () => {
    answer = async () => ({ ...nothing, key: null })
    await source.lookUp('a')
    expect(source.find('a')).toMatchObject({ key: undefined })
    nowMs += keyTimes.missingMs
    expect(source.find('a')).toBeUndefined()
  })

  it('asks for 64 keys at a time', async () => {
    answer = () => new Promise(() => {})
    for (let i = 0; i < 64; i += 1) expect(source.lookUp(`key-${i}`)).toBeDefined()
    expect(source.lookUp('one-more')).toBeUndefined()
    expect(asked).toHaveLength(64)
    // A question whose request was torn down never settles.
    nowMs += 3_000
    expect(source.lookUp('one-more')).toBeDefined()
  })
})

describe('use', () => {
  it('is told with the next question, once', async () => {
    const known = await learn('a')
    known.isUsed = true
    await source.refresh()
    nowMs += keyTimes.askMs
    await source.refresh()
    expect(asked.map(({ used }) => used)).toEqual([[], ['a'], []])
  })

  it('is told again if the question failed', async () => {
    const known = await learn('a')
    known.isUsed = true
    answer = () => Promise.reject(new Error('silent'))
    await source.refresh()
    expect(known.isUsed).toBe(true)
  })
})
