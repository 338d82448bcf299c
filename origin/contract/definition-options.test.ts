import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { anyone, signedIn } from './access.ts'
import type { ResourceDefinition } from './definition.ts'
import { asStored, resource } from './resource.ts'

const schema = Type.Object({ title: Type.String({ maxLength: 80 }), tags: Type.Array(Type.String()) })
const valid: ResourceDefinition = {
  description: 'Books.',
  schema,
  access: { read: anyone, write: signedIn },
  versions: [asStored('v1', schema)],
}
const [view] = valid.versions

/** The message for a definition that no type checker has seen. */
const messageOf = (change: object): string => {
  try {
    resource('books', { ...valid, ...change } as ResourceDefinition)
    return 'accepted'
  } catch (error) {
    return (error as Error).message
  }
}

/** Schema and version of a book with another `title`. */
const withTitle = (title: object) => {
  const changed = Type.Object({ title: Type.Unsafe<string>(title) })
  return { schema: changed, versions: [asStored('v1', changed)] }
}

describe('names resource, option and fix for', () => {
  it.each<[string, object, string]>([
    ['a definition without versions', { versions: undefined }, 'versions is missing: add it'],
    ['versions that are not an array', { versions: {} }, 'versions must be an array, not an object'],
    [
      'a priority that is misspelt',
      { priority: 'hihg' },
      "priority 'hihg' is unknown: use critical, normal or background",
    ],
    [
      'a priority with one letter wrong',
      { priority: 'critcal' },
      "priority 'critcal' is unknown: did you mean 'critical'?",
    ],
    [
      'an option that does not exist',
      { publish: true },
      "option 'publish' is unknown: use description, schema, access, cache, query, indexes, stored, migrations, references, set, check, problems, softDelete, export, events, history, erasure, priority, requireIfMatch, batchSizeMax or versions",
    ],
    ['a misspelt option', { cahce: 'none' }, "option 'cahce' is unknown: did you mean 'cache'?"],
    [
      'an option of an option',
      { cache: { maxage: '1s' } },
      "cache.maxAge is missing: add it\n  - option 'cache.maxage' is unknown: did you mean 'maxAge'?",
    ],
    ['access without write', { access: { read: anyone } }, 'access.write is missing: add it'],
    ['no access at all', { access: undefined }, 'access is missing: add it'],
    [
      'access as a string',
      { access: { read: 'anyone', write: signedIn } },
      "access.read must be an access rule such as anyone, signedIn or scope(), not 'anyone'",
    ],
    [
      'a filter that is not an array',
      { query: { filter: 'title' } },
      "query.filter must be an array, not 'title'",
    ],
    [
      'an index in another direction',
      { indexes: [{ fields: { title: 2 } }] },
      "indexes[0].fields.title must be 1, -1, 'text' or '2dsphere', not 2",
    ],
    ['a flag as a string', { requireIfMatch: 'yes' }, "requireIfMatch must be true or false, not 'yes'"],
    [
      'a schema without Type.Object()',
      { schema: { title: 'string' } },
      'schema must be a schema made by Type.Object(), not an object',
    ],
    [
      'a version without functions',
      { versions: [{ ...view, fromStored: undefined }] },
      'versions[0].fromStored is missing: add it',
    ],
    [
      'a successor as a number',
      { versions: [{ ...view, deprecation: { deprecatedAt: '2026-01-01', successor: 2 } }] },
      'versions[0].deprecation.successor must be a string, not 2',
    ],
  ])('%s', (_what, change, mistake) => {
    expect(messageOf(change)).toBe(`resource 'books':\n  - ${mistake}`)
  })

  it.each<[string, object, string]>([
    [
      'a pattern that is no regular expression',
      { type: 'string', pattern: '[' },
      'pattern is not a regular expression with the flag u (/[/u: Unterminated character class): correct it',
    ],
    [
      'a misspelt format',
      { type: 'string', format: 'datetime' },
      "format 'datetime' is unknown: did you mean 'date-time'?",
    ],
    [
      'a misspelt keyword',
      { type: 'string', maxLenght: 80 },
      "keyword 'maxLenght' is unknown: did you mean 'maxLength'?",
    ],
  ])('%s', (_what, title, mistake) => {
    expect(messageOf(withTitle(title))).toBe(
      `resource 'books':\n  - schema.title: ${mistake}\n  - versions.v1.schema.title: ${mistake}`,
    )
  })

  it('an unknown format, with the known ones', () => {
    expect(messageOf(withTitle({ type: 'string', format: 'isbn' }))).toMatch(
      /schema\.title: format 'isbn' is unknown: use pattern, or one of date, date-time, duration, email/,
    )
  })

  it('a mistake in a nested schema', () => {
    const tags = { type: 'array', items: { anyOf: [{ type: 'null' }, { type: 'string', patern: '^a' }] } }
    expect(messageOf(withTitle(tags))).toMatch(
      /schema\.title\.items\.anyOf\[1\]: keyword 'patern' is unknown: did you mean 'pattern'\?/,
    )
  })
})

it('lists all mistakes of type at once, and accepts a definition without any', () => {
  expect(messageOf({ priority: 1, batchSizeMax: '9' })).toBe(
    "resource 'books':\n  - priority 1 is unknown: use critical, normal or background\n  - batchSizeMax must be a number, not '9'",
  )
  expect(messageOf({})).toBe('accepted')
})
