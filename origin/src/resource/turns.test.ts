import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

it('gives turns at a document one after the other, in the order in which they were asked for', async () => {
  const turns = new Turns()
  const seen: string[] = []
  await Promise.all(
    [['a', 'b'], ['b'], ['a', 'b'], ['c']].map(async (names, index) => {
      using _turn = await turns.take(names)
      seen.push(`in ${index}`)
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(`out ${index}`)
    }),
  )
  expect(seen.filter((event) => !event.endsWith('3'))).toEqual([
    ...['in 0', 'out 0', 'in 1', 'out 1', 'in 2', 'out 2'],
  ])
  expect(seen.indexOf('in 3')).toBeLessThan(seen.indexOf('out 1'))
})

it('lets nobody wait who asks for no document, or after a turn has ended', async () => {
  const turns = new Turns()
  using _none = await turns.take([])
  {
    using _first = await turns.take(['a'])
  }
  using _second = await turns.take(['a'])
})
