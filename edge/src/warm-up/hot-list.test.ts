import { describe, expect, it } from 'vitest'
import { countMax, formatList, type HotTarget, parseList, withReads } from './hot-list.ts'

const targetsOf = (list: readonly HotTarget[]): string[] => list.map(({ target }) => target)

describe('the list of hot targets', () => {
  it('adds an isolate’s reads to half of the earlier ones, the hottest first', () => {
    const before = [
      { target: '/a', reads: 100 },
      { target: '/b', reads: 20 },
    ]
    expect(
      withReads(
        before,
        new Map([
          ['/b', 70],
          ['/c', 60],
        ]),
      ),
    ).toEqual([
      { target: '/b', reads: 80 },
      { target: '/c', reads: 60 },
      { target: '/a', reads: 50 },
    ])
  })

  it('leaves out what few have read, and forgets what nobody reads any more', () => {
    let list = withReads(
      [],
      new Map([
        ['/rare', 3],
        ['/hot', 40],
      ]),
    )
    expect(targetsOf(list)).toEqual(['/hot'])
    for (let minute = 0; minute < 5; minute += 1) list = withReads(list, new Map())
    expect(list).toEqual([])
  })

  it('is bounded by count, by the length of a target and by that of all', () => {
    const many = new Map(Array.from({ length: 500 }, (_, index) => [`/t${index}`, 1_000 - index]))
    expect(targetsOf(withReads([], many))).toEqual([...many.keys()].slice(0, countMax))
    const long = (name: string) => `/${name}`.padEnd(512, 'x')
    expect(withReads([], new Map([[`${long('a')}x`, 9]]))).toEqual([])
    const longest = new Map(Array.from({ length: countMax }, (_, index) => [long(`t${index}-`), 9]))
    expect(withReads([], longest)).toHaveLength(16)
  })
})

describe('a stored list', () => {
  it('is read as it was written', () => {
    const list = { writtenAtMs: 5, targets: [{ target: '/a?b=c', reads: 7 }] }
    expect(parseList(formatList(list))).toEqual(list)
  })

  it.each([
    '',
    'null',
    '[]',
    '{"writtenAtMs":"now","targets":[]}',
    '{"writtenAtMs":1}',
    `"${'x'.repeat(40_000)}"`,
  ])('is none where it reads %.40j', (text) => {
    expect(parseList(text)).toBeUndefined()
  })

  it('keeps only items of its form', () => {
    const items = [
      null,
      5,
      { target: 7, reads: 9 },
      { target: '/a', reads: -1 },
      { target: 'x'.repeat(513), reads: 9 },
    ]
    const good = Array.from({ length: countMax + 3 }, () => ({ target: '/a', reads: 9 }))
    const text = JSON.stringify({ writtenAtMs: 1, targets: [...items, ...good] })
    expect(parseList(text)?.targets).toEqual(good.slice(0, countMax))
  })
})
