import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

const soon = () => performance.now() + 10_000

it('gives turns at a document one after the other, in the order in which they were asked for', async () => {
  const turns = new Turns()
  const seen: string[] = []
  await Promise.all(
    [['a', 'b'], ['b'], ['a', 'b'], ['c']].map(async (names, index) => {
      using _turn = await turns.take(names, soon())
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
  using _none = await turns.take([], soon())
  {
    using _first = await turns.take(['a'], soon())
  }
  using _second = await turns.take(['a'], soon())
})

it('gives no turn to one whose time has passed, and keeps the order of the others', async () => {
  const turns = new Turns()
  const first = await turns.take(['a'], soon())
  const late = turns.take(['a'], performance.now())
  let hasTurn = false
  const third = turns.take(['a'], soon()).then((turn) => {
    hasTurn = true
    return turn
  })
  expect(await late).toBeUndefined()
  expect(hasTurn).toBe(false)
  first?.[Symbol.dispose]()
  expect(await third).toBeDefined()
})
