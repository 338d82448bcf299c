import { expect, it } from 'vitest'
import { interleave, orderOfRound } from './rounds.ts'

it('gives every subject every place in the order', () => {
  const subjects = ['a', 'b', 'c']
  const places = subjects.map(
    (subject) =>
      new Set([0, 1, 2, 3, 4, 5].map((round) => orderOfRound(subjects, round).indexOf(subject))).size,
  )
  expect(places).toEqual([3, 3, 3])
})

it('measures all subjects of a round before the next round, and keeps samples in order of rounds', async () => {
  const log: string[] = []
  const samples = await interleave(['a', 'b'], 2, async (subject, round) => {
    log.push(subject)
    return `${subject}${round}`
  })
  expect(log).toEqual(['a', 'b', 'b', 'a'])
  expect([...samples]).toEqual([
    ['a', ['a0', 'a1']],
    ['b', ['b0', 'b1']],
  ])
})
