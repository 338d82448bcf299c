import { type Fields, findView, type View } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { application } from '../index.ts'

const viewOf = (version: string) =>
  (findView(application.resources, version, 'places') as View).representation
const stored = {
  name: 'Lyon',
  countryCode: 'FR',
  region: '84',
  kind: 'regional-capital',
  population: 522_250,
  latitude: 45.75,
  longitude: 4.85,
}

describe('a place', () => {
  it('in version 1 has a short position, and only tells whether it is a capital', () => {
    expect(viewOf('v1').fromStored(stored)).toEqual({
      name: 'Lyon',
      country: 'FR',
      region: '84',
      population: 522_250,
      capital: false,
      lat: 45.75,
      lng: 4.85,
    })
  })

  it.each(['v1', 'v2'])('is stored unchanged when it is sent back as %s shows it', (version) => {
    const { fromStored, toStored } = viewOf(version)
    expect(toStored(fromStored(stored), stored)).toEqual(stored)
  })

  it.each([
    [true, 'regional-capital', 'capital'],
    [false, 'regional-capital', 'regional-capital'],
    [false, 'capital', 'city'],
    [false, undefined, 'city'],
  ])('of version 1 with capital %j is, after %j, %j', (capital, before, kind) => {
    const { fromStored, toStored } = viewOf('v1')
    const current = before === undefined ? undefined : { ...stored, kind: before }
    const input: Fields = { ...fromStored(stored), capital }
    expect(toStored(input, current)).toMatchObject({ kind })
  })
})
