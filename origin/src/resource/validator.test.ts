import {
  anyone,
  asStored,
  catalogue,
  findView,
  geoPoint,
  openApiDocument,
  resource,
  type View,
} from '@spillway/origin/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { application, resources } from '../../test/fixture/application.ts'
import { trip } from '../../test/support/samples.ts'
import { compileValidator, createCompilers } from './validator.ts'

const validator = compileValidator(createCompilers(), findView(resources, 'v2', 'trips') as View)

/** An array that counts how many of its items are read. */
function counted(items: readonly unknown[]): { readonly array: unknown[]; readonly reads: () => number } {
  let reads = 0
  const array = new Proxy([...items], {
    get(target, name, receiver) {
      if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1
      return Reflect.get(target, name, receiver)
    },
  })
  return { array, reads: () => reads }
}

const errorsOf = (body: unknown, isBrief?: boolean) => {
  const parsed = validator.create(body, isBrief)
  return parsed.ok ? [] : (parsed.problem.errors ?? [])
}

describe('a refusal', () => {
  it('reads no more of an array than needed to list fifty mistakes', () => {
    const { array, reads } = counted(Array(60_000).fill('not an id'))
    expect(errorsOf({ ...trip, placeIds: array })).toHaveLength(50)
    expect(reads()).toBeLessThan(200)
  })

  it('lists fifty of sixty thousand unknown members', () => {
    const body = { ...trip, ...Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`f${n}`, 1])) }
    expect(errorsOf(body)).toHaveLength(50)
  })

  it('lists every mistake if there are fewer than fifty', () => {
    const placeIds = [...Array(20).fill('good'), ...Array(20).fill('not good')]
    expect(errorsOf({ ...trip, placeIds, title: '' })).toHaveLength(21)
  })

  it('lists one mistake in brief mode', () => {
    expect(errorsOf({ ...trip, placeIds: Array(40).fill('not good'), title: '' }, true)).toHaveLength(1)
  })

  it('is not made for a valid body', () => {
    expect(validator.create(trip)).toEqual({ ok: true, value: trip })
  })
})

it('accepts of a tuple what the OpenAPI document calls valid, and nothing else', () => {
  const schema = Type.Object({ at: geoPoint(), pair: Type.Tuple([Type.String(), Type.Integer()]) })
  const stops = resource('stops', {
    description: 'Stops.',
    schema,
    access: { read: anyone, write: anyone },
    versions: [asStored('v1', schema)],
  })
  const stopsOnly = catalogue(stops)
  const { create } = compileValidator(createCompilers(), findView(stopsOnly, 'v1', 'stops') as View)
  const document = openApiDocument({ ...application, resources: stopsOnly }) as {
    components: { schemas: { StopsV1Input: object } }
  }
  const isDocumented = new Ajv2020({ strict: false }).compile(document.components.schemas.StopsV1Input)
  const pair = ['a', 1]
  const bodies: readonly [boolean, unknown, unknown][] = [
    [true, [180, 90], pair],
    [true, [-180, -90], pair],
    [false, [10, 90.5], pair],
    [false, [10, -91], pair],
    [false, [181, 0], pair],
    [false, [10], pair],
    [false, [10, 20, 30], pair],
    [false, ['10', 20], pair],
    [false, [10, 20], ['a']],
    [false, [10, 20], ['a', 1.5]],
    [false, [10, 20], ['a', 1, null]],
  ]
  for (const [isValid, coordinates, pairSent] of bodies) {
    const body = { at: { type: 'Point', coordinates }, pair: pairSent }
    expect([coordinates, pairSent, create(body).ok, isDocumented(body)]).toEqual([
      coordinates,
      pairSent,
      isValid,
      isValid,
    ])
  }
})
