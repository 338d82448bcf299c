import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { resources } from '../test/fixture/application.ts'
import { inputSchema, normalizeTimes, outputSchema, readOnlyFields } from './body.ts'
import { findView, type View } from './catalogue.ts'

const places = (version: string) => (findView(resources, version, 'places') as View).representation
const trips = (findView(resources, 'v2', 'trips') as View).representation

it('sends the system fields and accepts none of them, nor a read-only one', () => {
  expect(Object.keys(outputSchema(trips).properties)).toEqual(
    expect.arrayContaining(['id', 'createdAt', 'updatedAt', 'ownerId', 'title']),
  )
  expect(Object.keys(inputSchema(trips).properties)).toEqual([
    'title',
    'startsOn',
    'endsOn',
    'placeIds',
    'budgetCents',
    'notes',
  ])
  expect(inputSchema(trips).required).toEqual(['title', 'startsOn', 'endsOn', 'placeIds'])
  expect(readOnlyFields(trips)).toEqual(['id', 'createdAt', 'updatedAt', 'ownerId'])
})

it('closes every object', () => {
  expect(inputSchema(trips)).toMatchObject({ additionalProperties: false })
  expect(outputSchema(trips)).toMatchObject({ additionalProperties: false })
})

it('keeps one spelling of each time', () => {
  const schema = Type.Object({
    at: Type.String({ format: 'date-time' }),
    on: Type.String({ format: 'date' }),
    text: Type.String(),
  })
  const fields = { at: '2026-11-24T12:00:00+02:00', on: '2026-11-24', text: '2026-11-24T12:00:00+02:00' }
  expect(normalizeTimes(schema, fields)).toEqual({ ...fields, at: '2026-11-24T10:00:00.000Z' })
  expect(normalizeTimes(schema, { text: 'a' })).toEqual({ text: 'a' })
})

it('keeps one spelling of the times in objects and arrays, and leaves what has none as it is', () => {
  const schema = Type.Object({
    stay: Type.Object({ from: Type.String({ format: 'date-time' }), nights: Type.Integer() }),
    seen: Type.Array(Type.String({ format: 'date-time' })),
    span: Type.Tuple([Type.Integer(), Type.String({ format: 'date-time' })]),
    tags: Type.Array(Type.String()),
  })
  const fields = {
    stay: { from: '2026-11-24T12:00:00+02:00', nights: 2 },
    seen: ['2026-11-24T12:00:00Z', '2026-11-24T12:00:00.000Z'],
    span: [1, '2026-11-24T12:00:00Z'],
    tags: ['2026-11-24T12:00:00Z'],
  }
  const stored = {
    stay: { from: '2026-11-24T10:00:00.000Z', nights: 2 },
    seen: ['2026-11-24T12:00:00.000Z', '2026-11-24T12:00:00.000Z'],
    span: [1, '2026-11-24T12:00:00.000Z'],
    tags: fields.tags,
  }
  expect(normalizeTimes(schema, fields)).toEqual(stored)
  expect(normalizeTimes(schema, stored)).toBe(stored)
})

const paris = {
  name: 'Paris',
  countryCode: 'FR',
  region: '11',
  kind: 'regional-capital',
  population: 2_138_551,
  latitude: 48.85,
  longitude: 2.35,
}

it('shows one document in two shapes', () => {
  expect(places('v1').fromStored(paris)).toEqual({
    name: 'Paris',
    country: 'FR',
    region: '11',
    population: 2_138_551,
    capital: false,
    lat: 48.85,
    lng: 2.35,
  })
  expect(places('v2').fromStored(paris)).toEqual({
    name: 'Paris',
    countryCode: 'FR',
    region: '11',
    kind: 'regional-capital',
    population: 2_138_551,
    location: { latitude: 48.85, longitude: 2.35 },
  })
})

it('writes back in either version what it showed, and loses nothing that the version does not know', () => {
  for (const version of ['v1', 'v2']) {
    const view = places(version)
    expect(view.toStored(view.fromStored(paris), paris)).toEqual(paris)
  }
})
