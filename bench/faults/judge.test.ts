import { describe, expect, test } from 'vitest'
import { rebuild } from './chains.ts'
import { exchange, place, truthOf } from './history.ts'
import { judge } from './judge.ts'

const kinds = (...args: Parameters<typeof judge>) => judge(...args).map(({ kind }) => kind)
const put = { operation: 'put', startMs: 150, endMs: 250 } as const

describe('a write that was acknowledged', () => {
  test('and is in the oplog at the told version is correct', () => {
    const told = exchange({ ...put, marker: 'b', answer: { version: 2 } })
    expect(judge([told], truthOf(place('p', 'a', 'b')))).toEqual([])
  })

  test('and is not in the oplog is lost', () => {
    const told = exchange({ ...put, marker: 'b', answer: { version: 2 } })
    expect(kinds([told], truthOf(place('p', 'a')))).toEqual(['lost'])
  })

  test('at another version is untrue', () => {
    const told = exchange({ ...put, marker: 'b', answer: { version: 3 } })
    expect(kinds([told], truthOf(place('p', 'a', 'b')))).toEqual(['untrue'])
  })

  test('and was applied again after another is doubled', () => {
    const told = exchange({ ...put, marker: 'b', answer: { version: 4 } })
    expect(kinds([told], truthOf(place('p', 'a', 'b', 'c', 'b')))).toEqual(['doubled'])
  })

  test('and made two documents is doubled', () => {
    const told = exchange({
      operation: 'create',
      marker: 'a',
      startMs: 50,
      endMs: 200,
      answer: { status: 201 },
    })
    expect(kinds([told], truthOf(place('p', 'a'), place('q', 'a')))).toEqual(['doubled'])
  })
})

describe('a write that was applied', () => {
  test.each([
    [400, 'bad-request'],
    [503, 'overloaded'],
    [503, 'database-unavailable'],
    [504, 'deadline-exceeded'],
  ])('and was told %i %s is untrue', (status, code) => {
    const told = exchange({ ...put, marker: 'b', answer: { status, code } })
    expect(kinds([told], truthOf(place('p', 'a', 'b')))).toContain('untrue')
  })

  test('and was told 412 because of itself is untrue', () => {
    const answer = { status: 412, code: 'precondition-failed', version: 2 }
    const told = exchange({ ...put, marker: 'b', ifMatch: 1, answer })
    expect(kinds([told], truthOf(place('p', 'a', 'b')))).toEqual(['untrue'])
  })

  test.each([{ status: 503, code: 'outcome-unknown' }, undefined])('and was told %j is correct', (answer) => {
    const told = exchange({ ...put, marker: 'b', ...(answer !== undefined && { answer }), via: 'origin 0' })
    expect(judge([told], truthOf(place('p', 'a', 'b')))).toEqual([])
  })

  test('after a first request with its key whose outcome was unknown is correct, whatever a later one was told', () => {
    const create = { operation: 'create', marker: 'a', key: 'k', startMs: 50 } as const
    const first = exchange({ ...create, endMs: 120, answer: { status: 503, code: 'outcome-unknown' } })
    const second = exchange({
      ...create,
      startMs: 130,
      endMs: 140,
      answer: { status: 503, code: 'overloaded' },
    })
    expect(judge([first, second], truthOf(place('p', 'a')))).toEqual([])
  })

  test('as an item of a batch is judged by the outcome of that item', () => {
    const batch = { operation: 'batch', markers: ['a', 'b'], startMs: 50, endMs: 200 } as const
    const items = [
      { status: 201, version: 1 },
      { status: 503, code: 'overloaded' },
    ]
    const told = exchange({ ...batch, answer: { items } })
    expect(judge([told], truthOf(place('p', 'a')))).toEqual([])
    expect(kinds([told], truthOf(place('p', 'a'), place('q', 'b')))).toEqual(['untrue'])
    expect(kinds([told], truthOf(place('q', 'c')))).toEqual(['lost'])
  })
})

describe('a deletion', () => {
  const remove = { operation: 'delete', startMs: 150, endMs: 250 } as const

  test('that was told 404 because of itself is untrue', () => {
    const told = exchange({ ...remove, answer: { status: 404, code: 'not-found' } })
    expect(kinds([told], truthOf(place('p', 'a', null)))).toEqual(['untrue'])
  })

  test('may be told 404 where another one did it', () => {
    const other = exchange({ ...remove, answer: { status: 204 } })
    const told = exchange({ ...remove, endMs: 260, answer: { status: 404, code: 'not-found' } })
    expect(judge([other, told], truthOf(place('p', 'a', null)))).toEqual([])
  })

  test('that is told to two callers is untrue to one of them', () => {
    const both = [
      exchange({ ...remove, answer: { status: 204 } }),
      exchange({ ...remove, answer: { status: 204 } }),
    ]
    expect(kinds(both, truthOf(place('p', 'a', null)))).toContain('untrue')
  })

  test('that was told and did not happen is lost', () => {
    const told = exchange({ ...remove, answer: { status: 204 } })
    expect(kinds([told], truthOf(place('p', 'a')))).toEqual(['lost'])
  })
})

describe('a refusal', () => {
  test('that blames a valid request is untrue, of a read as well', () => {
    const told = exchange({ answer: { status: 400, code: 'bad-request' } })
    expect(kinds([told], truthOf(place('p', 'a')))).toEqual(['untrue'])
  })

  test('of 404 for a document that nobody deleted is untrue', () => {
    const told = exchange({ startMs: 200, endMs: 210, answer: { status: 404, code: 'not-found' } })
    expect(kinds([told], truthOf(place('p', 'a')))).toEqual(['untrue'])
  })

  test('of 412 for the version that is there is untrue', () => {
    const answer = { status: 412, code: 'precondition-failed', version: 1 }
    expect(kinds([exchange({ ...put, ifMatch: 1, marker: 'b', answer })], truthOf(place('p', 'a')))).toEqual([
      'untrue',
    ])
  })
})

test('a read that shows a write that was rolled back is untrue', () => {
  const shown = exchange({ startMs: 150, endMs: 160, answer: { version: 2, marker: 'gone' } })
  expect(kinds([shown], truthOf(place('p', 'a')))).toEqual(['untrue'])
})

test('a key that is answered in two ways is untrue', () => {
  const create = { operation: 'create', marker: 'a', key: 'k', startMs: 50 } as const
  const first = exchange({ ...create, endMs: 150, answer: { status: 201, documentId: 'p', version: 1 } })
  const answer = { status: 201, documentId: 'q', version: 1, isReplayed: true }
  const second = exchange({ ...create, startMs: 160, endMs: 170, answer })
  expect(kinds([first, second], truthOf(place('p', 'a')))).toEqual(['untrue'])
})

test('a request through an edge that is not answered, or late beyond any deadline, is hung', () => {
  const unanswered = exchange({ failure: 'TimeoutError', endMs: 100 })
  const late = exchange({ endMs: 5_100, answer: { version: 1 } })
  const killed = exchange({ via: 'origin 0', failure: 'SocketError' })
  expect(kinds([unanswered, late, killed], truthOf(place('p', 'a')))).toEqual(['hung', 'hung'])
})

test('histories are rebuilt from differences as well as from whole documents', () => {
  const change = { kind: 'fields', set: { _v: 2, name: 'b' }, unset: [] } as const
  const { chains } = rebuild([
    ...place('p', 'a'),
    { resource: 'places', documentId: 'p', wallMs: 150, change },
  ])
  expect(chains.get('places/p')?.versions.map(({ number, marker }) => [number, marker])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ])
})

test('the claim of a batch, a tombstone with nothing before it, is no document', () => {
  expect(truthOf(place('p', null)).chains.size).toBe(0)
})
