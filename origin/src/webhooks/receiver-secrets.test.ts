import { expect, it } from 'vitest'
import { ReceiverSecrets } from './receiver-secrets.ts'
import { receiversByKey } from './receivers-by-key.ts'

const [first, second] = ['a'.repeat(43), 'b'.repeat(43)]

it('derives the same secret from what is stored, and another for each receiver and salt', () => {
  const secrets = new ReceiverSecrets([first])
  const { secret, derivation } = secrets.make('one')
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(new ReceiverSecrets([first]).of('one', derivation)).toBe(secret)
  expect(secrets.of('two', derivation)).not.toBe(secret)
  expect(secrets.make('one').secret).not.toBe(secret)
  expect(JSON.stringify(derivation)).not.toContain(first)
})

it('makes secrets with the first key, and still derives those of the second', () => {
  const { secret, derivation } = new ReceiverSecrets([first]).make('one')
  const both = new ReceiverSecrets([second, first])
  expect(both.of('one', derivation)).toBe(secret)
  expect(both.make('one').derivation.key).not.toBe(derivation.key)
  expect(new ReceiverSecrets([second]).of('one', derivation)).toBeUndefined()
})

it('counts receivers by the key that their secrets need', () => {
  const [third, now] = ['c'.repeat(43), '2027-01-01T00:00:00.000Z']
  const of = (key: string, until?: string) => ({
    ...new ReceiverSecrets([key]).make('one').derivation,
    ...(until !== undefined && { until }),
  })
  const receivers = [
    { secrets: [of(second)] },
    // Rotated: the old key is needed until its secret ends, and then no more.
    { secrets: [of(second), of(first, '2027-01-02T00:00:00.000Z')] },
    { secrets: [of(second), of(first, '2026-12-31T00:00:00.000Z')] },
    { secrets: [of(first)] },
    { secrets: [of(third)] },
  ]
  expect(receiversByKey(receivers, new ReceiverSecrets([second, first]), now)).toEqual({
    ...{ 'in use': 2, old: 2, gone: 1 },
  })
})
