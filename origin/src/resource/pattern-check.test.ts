import { DefinitionError, findView, type View } from '@spillway/origin/contract'
import { type TSchema, Type } from 'typebox'
import { expect, it } from 'vitest'
import { resources } from '../../test/fixture/application.ts'
import { checkPatterns } from './pattern-check.ts'

const places = findView(resources, 'v2', 'places') as View

/** A view whose schemas have one additional field. */
const viewWith = (field: TSchema): View => {
  const schema = Type.Object({ code: field })
  return {
    ...places,
    resource: { ...places.resource, name: 'books', schema },
    representation: { ...places.representation, schema },
  }
}

const mistakesIn = (field: TSchema): readonly string[] => {
  try {
    checkPatterns(viewWith(field))
    return []
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes
    throw error
  }
}

it.each([
  '^[A-Z]{2}$',
  '^[A-Za-z0-9_-]{1,64}$',
  '^[a-z]+(?:-[a-z0-9]+)*$',
  '^\\+?[1-9]\\d{1,14}$',
  '^https://[^\\s]+$',
  '^\\p{L}+$',
])('accepts %s', (pattern) => {
  expect(mistakesIn(Type.String({ pattern }))).toEqual([])
})

it.each([
  ['exponential', '^(a+)+$'],
  ['exponential, without nested quantifiers', '^(a|a)*$'],
  ['exponential, over words', '^(\\w+\\s?)*$'],
  ['quadratic, because it is not anchored', '\\s+$'],
  ['quadratic, by two adjacent quantifiers', '^a*a*$'],
  ['quadratic, in a Content-Type pattern', '^\\s*(charset\\s*=\\s*"?utf-?8"?)?\\s*$'],
  ['malformed', '^[a-$'],
])('refuses a pattern that is %s: %s', (_name, pattern) => {
  const mistakes = mistakesIn(Type.String({ pattern }))
  expect(mistakes).toHaveLength(2)
  expect(mistakes[0]).toContain(`schema.code: the pattern ${pattern} can`)
  expect(mistakes[1]).toContain(`versions.v2.code: the pattern ${pattern} can`)
})

it('checks patterns in arrays, objects and unions, and names their path', () => {
  const bad = Type.String({ pattern: '^(a+)+$' })
  const field = Type.Object({
    default: Type.Array(Type.Union([Type.Null(), bad])),
    pattern: Type.String(),
  })
  expect(mistakesIn(field)[0]).toMatch(/^schema\.code\.default\.items\.anyOf\.1: the pattern/)
})

it('refuses uniqueItems of objects without a maxItems', () => {
  const item = Type.Object({ a: Type.String() })
  expect(mistakesIn(Type.Array(item, { uniqueItems: true }))).toHaveLength(2)
  expect(mistakesIn(Type.Array(item, { uniqueItems: true, maxItems: 100 }))).toEqual([])
  expect(mistakesIn(Type.Array(Type.String(), { uniqueItems: true }))).toEqual([])
})

it('accepts every pattern of the fixture', () => {
  for (const [name, resource] of resources) {
    for (const version of resource.versions.keys()) {
      expect(() => checkPatterns(findView(resources, version, name) as View)).not.toThrow()
    }
  }
})
