import { expect, it } from 'vitest'
import { Misfits } from './misfits.ts'

it('tells each kind once, and counts all', () => {
  const told: unknown[] = []
  const misfits = new Misfits((misfit) => told.push(misfit))
  const text = { resource: 'movies', path: 'year', type: 'string' }
  for (const misfit of [text, text, { ...text, type: 'bool' }, text]) misfits.add({ ...misfit })
  expect(told).toEqual([text, { ...text, type: 'bool' }])
  expect([...misfits.totals()]).toEqual([
    { ...text, count: 3 },
    { ...text, type: 'bool', count: 1 },
  ])
})
