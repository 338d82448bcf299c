import { expect, it } from 'vitest'
import { sampledRow } from './sampled-row.ts'

const units = {
  cpu: { title: 'CPU', unit: 'µs', better: 'lower' },
  rate: { title: 'rate', unit: 'requests/s', better: 'higher' },
} as const
const place = { case: 'read', subject: 'Spillway' }

it('has every repetition of every metric, and null for what was not measured', () => {
  const row = sampledRow(place, units, [
    { cpu: 1, rate: 10 },
    { cpu: 2, rate: Number.NaN, limitedBy: 'the driver' },
    { cpu: 3, rate: Number.NaN, limitedBy: 'the driver' },
  ])
  expect(row).toEqual({
    ...place,
    metrics: {
      cpu: { unit: 'µs', better: 'lower', samples: [1, 2, 3] },
      rate: { unit: 'requests/s', better: 'higher', samples: [10, null, null] },
    },
    notes: ['the driver'],
  })
})

it('has no notes where none were given', () => {
  expect(sampledRow(place, units, [{ cpu: 1, rate: 10 }])).not.toHaveProperty('notes')
})
