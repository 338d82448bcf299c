import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { anyone, owner, scope, signedIn } from './access.ts'
import { catalogue } from './catalogue.ts'
import type { ResourceDefinition } from './definition.ts'
import { DefinitionError } from './definition-check.ts'
import { asStored, resource } from './resource.ts'

const schema = Type.Object({
  title: Type.String(),
  rank: Type.Integer(),
  note: Type.Optional(Type.String()),
  tags: Type.Array(Type.String()),
  marks: Type.Array(Type.Integer()),
  prizes: Type.Array(Type.Object({ year: Type.Integer() })),
  publisher: Type.Optional(Type.Object({ city: Type.String({ maxLength: 50 }), $id: Type.String() })),
})
const valid: ResourceDefinition = {
  description: 'Books.',
  schema,
  access: { read: anyone, write: scope('books:write') },
  cache: { maxAge: '30s' },
  query: { filter: ['rank'], sort: ['rank'], defaultSort: '-rank' },
  indexes: [{ fields: { rank: 1 } }],
  versions: [asStored('v1', schema)],
}
const owned = Type.Object({ ownerId: Type.String(), rank: Type.Integer() })
const ownedDefinition: ResourceDefinition = {
  description: 'Notes.',
  schema: owned,
  access: { read: owner('ownerId'), write: owner('ownerId') },
  cache: { maxAge: '5s' },
  query: { filter: ['rank'] },
  indexes: [{ fields: { ownerId: 1, rank: 1 } }],
  versions: [asStored('v1', owned, { readOnly: ['ownerId'] })],
}

const mistakesIn = (definition: ResourceDefinition, name = 'books'): readonly string[] => {
  try {
    resource(name, definition)
    return []
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes
    throw error
  }
}

it('accepts a definition without mistakes', () => {
  expect(mistakesIn(valid)).toEqual([])
  expect(mistakesIn(ownedDefinition)).toEqual([])
})

describe('a mistake stops the start and names its fix', () => {
  const table: [string, ResourceDefinition, RegExp][] = [
    [
      'a countMax above the maximum',
      { ...valid, query: { countMax: 10_001 } },
      /query.countMax 10001 must be an integer from 0 to 10000/,
    ],
    [
      'a filter with the name of a parameter',
      {
        ...valid,
        query: { filter: ['rank'], countMax: 5 },
        versions: [{ ...asStored('v1', Type.Object({ count: Type.Integer() })), paths: { count: 'rank' } }],
      },
      /versions.v1: lists are filtered by 'count', which is a parameter of theirs: rename the field/,
    ],
    [
      'an export in no format',
      { ...valid, export: { formats: [] } },
      /export.formats is empty: name csv or ndjson, or leave export out/,
    ],
    [
      'an export by a rule on documents',
      { ...valid, export: { formats: ['csv'], access: owner('title') } },
      /export.access reads documents, as access.read does already: use scope\(\), role\(\)/,
    ],
    [
      'an export without an end',
      { ...valid, export: { formats: ['csv'], timeout: '1h' } },
      /export.timeout '1h' must be from 1s to 15m/,
    ],
    [
      'a reference in an unknown field',
      { ...valid, references: { titel: 'authors' } },
      /references names 'titel', which the schema does not have: did you mean 'title'\?/,
    ],
    [
      'a reference in a field that cannot hold ids',
      { ...valid, references: { rank: 'authors' } },
      /references names 'rank', which must be a string or an array of strings: it holds ids/,
    ],
    [
      'a reference in an array without maxItems',
      { ...valid, references: { tags: 'tags' } },
      /references names 'tags', .* give it a maxItems of at most 100/,
    ],
    [
      'filter on an unknown field',
      { ...valid, query: { filter: ['colour'] } },
      /query.filter names 'colour'.*add the field or remove/,
    ],
    [
      'sort on an optional field',
      { ...valid, query: { sort: ['note'] }, indexes: [{ fields: { note: 1 } }] },
      /'note', which is optional.*make it required/,
    ],
    [
      'sort on a string without maxLength',
      { ...valid, query: { sort: ['title'] }, indexes: [{ fields: { title: 1 } }] },
      /query.sort names 'title', a text of any length: give it a maxLength/,
    ],
    [
      'sort on strings that do not fit into a cursor',
      {
        ...valid,
        schema: Type.Object({
          title: Type.String({ maxLength: 200 }),
          author: Type.String({ maxLength: 100 }),
        }),
        query: { sort: ['title', 'author'] },
        indexes: [{ fields: { title: 1 } }, { fields: { author: 1 } }],
      },
      /may have 300 characters together, and a cursor carries 256/,
    ],
    [
      'filter on an array without an index',
      { ...valid, query: { filter: ['tags'] } },
      /query.filter names 'tags', but no index leads with it/,
    ],
    [
      'sort on an array',
      { ...valid, query: { sort: ['tags'] }, indexes: [{ fields: { tags: 1 } }] },
      /query.sort names 'tags', which is an array/,
    ],
    [
      'filter on an object',
      { ...valid, query: { filter: ['publisher'] } },
      /'publisher', which is neither string/,
    ],
    [
      'filter on an array of objects',
      { ...valid, query: { filter: ['prizes'] } },
      /'prizes', which is neither string/,
    ],
    [
      'filter through an array',
      { ...valid, query: { filter: ['prizes.year'] } },
      /'prizes.year', which the schema does not have/,
    ],
    [
      'filter on an unknown field of an object',
      { ...valid, query: { filter: ['publisher.town'] } },
      /'publisher.town', which the schema does not have/,
    ],
    [
      'filter on a field of an object, without an index',
      { ...valid, query: { filter: ['publisher.city'] } },
      /'publisher.city', but no index leads with it: add \{ fields: \{ 'publisher.city': 1 \} \}/,
    ],
    [
      'sort on a field of an optional object',
      { ...valid, query: { sort: ['publisher.city'] }, indexes: [{ fields: { 'publisher.city': 1 } }] },
      /'publisher.city', which is optional/,
    ],
    [
      'filter on a name that is not safe in a query',
      { ...valid, query: { filter: ['publisher.$id'] }, indexes: [{ fields: { 'publisher.$id': 1 } }] },
      /'publisher.\$id': use letters and digits/,
    ],
    [
      'places that are no points',
      { ...valid, indexes: [{ fields: { rank: 1 } }, { fields: { title: '2dsphere' } }] },
      /an index with '2dsphere' names 'title', which is not a point: make it geoPoint\(\)/,
    ],
    [
      'places and an order in one index',
      { ...valid, indexes: [{ fields: { rank: 1 } }, { fields: { title: '2dsphere', rank: 1 } }] },
      /an index with '2dsphere' names rank too: name 'title' alone/,
    ],
    [
      'two text indexes',
      {
        ...valid,
        indexes: [{ fields: { rank: 1 } }, { fields: { title: 'text' } }, { fields: { note: 'text' } }],
      },
      /two text indexes: a collection has one/,
    ],
    [
      'a text index with an order',
      { ...valid, indexes: [{ fields: { rank: 1 } }, { fields: { title: 'text', rank: 1 } }] },
      /a text index names 'rank' with 1: use 'text'/,
    ],
    [
      'a text index of numbers',
      { ...valid, indexes: [{ fields: { rank: 1 } }, { fields: { rank: 'text' } }] },
      /a text index names 'rank', which is not a string/,
    ],
    [
      'a text index in place of an ordered one',
      { ...valid, query: { filter: ['title'] }, indexes: [{ fields: { title: 'text' } }] },
      /query.filter names 'title', but no index leads with it/,
    ],
    [
      'a text index of documents that name a language',
      {
        ...valid,
        schema: Type.Object({ ...schema.properties, language: Type.String() }),
        indexes: [{ fields: { rank: 1 } }, { fields: { title: 'text' } }],
      },
      /'language' would choose the language of the text index in each document: rename/,
    ],
    [
      'index over two arrays',
      { ...valid, indexes: [{ fields: { rank: 1 } }, { fields: { tags: 1, marks: 1 } }] },
      /an index names the arrays 'tags' and 'marks'/,
    ],
    [
      'no index for a filter',
      { ...valid, indexes: [] },
      /query.filter names 'rank', but no index leads.*add \{ fields: \{ rank: 1 \} \}/,
    ],
    [
      'no index for a sort',
      { ...valid, query: { sort: ['rank'] }, indexes: [{ fields: { title: 1, rank: 1 } }] },
      /query.sort names 'rank', but no index leads/,
    ],
    [
      'index on an unknown field',
      { ...valid, indexes: [{ fields: { rank: 1 } }, { fields: { colour: 1 } }] },
      /index names 'colour'/,
    ],
    [
      'default sort that is not offered',
      { ...valid, query: { ...valid.query, defaultSort: 'title' } },
      /defaultSort 'title' is not in query.sort/,
    ],
    [
      'malformed duration',
      { ...valid, cache: { maxAge: '30 s' as '30s' } },
      /cache.maxAge: '30 s' is not a duration/,
    ],
    [
      'shared cache on data behind a token',
      {
        ...valid,
        access: { read: signedIn, write: signedIn },
        cache: { maxAge: '1s', visibility: 'public' },
      },
      /would share data that only some callers may read: use 'authorized'/,
    ],
    [
      "shared cache on an owner's data",
      { ...ownedDefinition, cache: { maxAge: '1s', visibility: 'authorized' } },
      /would share an owner's data: use 'subject'/,
    ],
    [
      'owner field that does not exist',
      { ...ownedDefinition, access: { read: owner('who'), write: signedIn } },
      /by 'who', which the schema does not have/,
    ],
    [
      'owner field that a caller may write',
      { ...ownedDefinition, versions: [asStored('v1', owned)] },
      /lets a caller write owner field 'ownerId'/,
    ],
    [
      "owner's lists without an index",
      { ...ownedDefinition, query: {}, indexes: [] },
      /narrowed to 'ownerId', but no index leads/,
    ],
    [
      "owner's filter without a compound index",
      { ...ownedDefinition, indexes: [{ fields: { ownerId: 1 } }, { fields: { rank: 1 } }] },
      /add \{ fields: \{ ownerId: 1, rank: 1 \} \}/,
    ],
    [
      'system field in a schema',
      { ...valid, schema: Type.Object({ id: Type.String(), rank: Type.Integer() }) },
      /'id' is a system field/,
    ],
    [
      'field with the name of a parameter',
      { ...valid, schema: Type.Object({ sort: Type.String(), rank: Type.Integer() }) },
      /'sort' is a parameter/,
    ],
    [
      'field with an operator in its name',
      { ...valid, schema: Type.Object({ $gt: Type.String(), rank: Type.Integer() }) },
      /field '\$gt': use letters/,
    ],
    ['no version', { ...valid, versions: [] }, /versions is empty/],
    ['version name', { ...valid, versions: [asStored('v01', schema)] }, /version 'v01': use v1/],
    [
      'unmapped field of a version',
      { ...valid, versions: [asStored('v1', Type.Object({ heading: Type.String() }))] },
      /shows 'heading', which is not stored/,
    ],
    [
      'path to nowhere',
      { ...valid, versions: [{ ...asStored('v1', schema), paths: { title: 'heading' } }] },
      /maps 'title' to 'heading', which is not stored/,
    ],
    [
      'successor that does not exist',
      {
        ...valid,
        versions: [
          { ...asStored('v1', schema), deprecation: { deprecatedAt: '2026-01-01', successor: 'v9' } },
        ],
      },
      /successor 'v9', which does not exist/,
    ],
    [
      'page size',
      { ...valid, query: { ...valid.query, pageSize: { default: 50, max: 20 } } },
      /must satisfy 1 <= default <= max/,
    ],
  ]
  it.each(table)('%s', (_name, definition, message) => {
    expect(mistakesIn(definition).join('\n')).toMatch(message)
  })

  it('names the resource and lists every mistake at once', () => {
    const definition = { ...valid, query: { filter: ['colour', 'weight'] } }
    expect(() => resource('books', definition)).toThrow(
      /^resource 'books':\n {2}- .*colour.*\n {2}- .*weight/,
    )
  })

  it('refuses two resources, or two versions, with one name', () => {
    const books = resource('books', valid)
    expect(() => catalogue(books, books)).toThrow(/resource 'books':\n.*defined twice/)
    const versions = [asStored('v1', schema), asStored('v1', schema)]
    expect(() => resource('books', { ...valid, versions })).toThrow(/version 'v1' is defined twice/)
  })

  it('refuses a reserved name', () => {
    expect(() => catalogue(resource('docs', valid))).toThrow(/reserved/)
  })
})
