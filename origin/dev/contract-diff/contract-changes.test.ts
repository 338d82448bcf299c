import {
  all,
  anyone,
  asStored,
  defineApplication,
  migrate,
  never,
  owner,
  type ResourceDefinition,
  representation,
  resource,
  role,
  scope,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { any } from '../../contract/access.ts'
import { contractChanges } from './contract-changes.ts'
import { type Surface, surfaceOf } from './surface.ts'

const fields = {
  title: Type.String({ maxLength: 80 }),
  kind: Type.Enum(['note', 'task']),
  rank: Type.Integer({ minimum: 0 }),
}
const schema = Type.Object(fields)
const plain: ResourceDefinition = {
  description: 'Notes.',
  schema,
  access: { read: signedIn, write: signedIn },
  batchSizeMax: 0,
  query: { filter: ['kind'], sort: ['rank'] },
  indexes: [{ fields: { kind: 1 } }, { fields: { rank: 1 } }],
  versions: [asStored('v1', schema)],
}

const surface = (changed: Partial<ResourceDefinition> = {}): Surface =>
  surfaceOf(
    defineApplication({
      name: 'notes',
      title: 'Notes',
      summary: 'Notes.',
      // The cast hides the types of fields, which differ from case to case.
      resources: [resource('notes', { ...plain, ...changed } as never)],
    }),
  )

const now = '2026-06-01T00:00:00Z'
const changes = (before: Surface, after: Surface): string[] =>
  contractChanges(before, after, now).map(({ text, breaks }) => `${breaks ? '!' : '+'} ${text}`)

const withFields = (properties: Parameters<typeof Type.Object>[0]): Partial<ResourceDefinition> => ({
  schema: Type.Object(properties),
  versions: [asStored('v1', Type.Object(properties))],
})
const mood = Type.Optional(Type.Literal('good'))
const second = asStored('v2', schema)
const list = 'GET /v1/notes'
const one = 'GET /v1/notes/{id}'

/** Two definitions, some changes from the first to the second, and some back. */
const cases: readonly (readonly [
  string,
  Partial<ResourceDefinition>,
  Partial<ResourceDefinition>,
  readonly string[],
  readonly string[],
])[] = [
  [
    'an optional field',
    {},
    withFields({ ...fields, mood }),
    ['+ POST /v1/notes: body.mood: new', `+ ${one}: answer 200 application/json.mood: new`],
    ['! POST /v1/notes: body.mood: removed', `! ${one}: answer 200 application/json.mood: removed`],
  ],
  [
    'a required field',
    {},
    withFields({ ...fields, mood: Type.Literal('good') }),
    ['! POST /v1/notes: body.mood: new and required', '! notes: stored document.mood: new and required'],
    ['! POST /v1/notes: body.mood: removed', '+ notes: stored document.mood: removed'],
  ],
  [
    'a value of an enum',
    {},
    withFields({ ...fields, kind: Type.Enum(['note', 'task', 'list']) }),
    [
      '+ POST /v1/notes: body.kind: can be "list"',
      `! ${one}: answer 200 application/json.kind: can be "list"`,
      `+ ${list}: query kind: can be "list"`,
    ],
    [
      '! POST /v1/notes: body.kind: "list" is not possible any more',
      `+ ${one}: answer 200 application/json.kind: "list" is not possible any more`,
      `! ${list}: query kind: "list" is not possible any more`,
    ],
  ],
  [
    'a filter',
    { query: { sort: ['rank'] } },
    {},
    [`+ ${list}: query kind: new`],
    [`! ${list}: query kind: removed`],
  ],
  [
    'a sort',
    { query: { filter: ['kind'] } },
    {},
    [`+ ${list}: query sort[]: can be "rank"`],
    [`! ${list}: query sort[]: "rank" is not possible any more`],
  ],
  [
    'the default sort',
    {},
    { query: { ...plain.query, defaultSort: 'rank' } },
    ['! notes: lists are sorted by rank, and not by id'],
    ['! notes: lists are sorted by id, and not by rank'],
  ],
  [
    'the longest page',
    { query: { ...plain.query, pageSize: { default: 20, max: 50 } } },
    {},
    [`+ ${list}: query limit: maximum 50 is 100`],
    [`! ${list}: query limit: maximum 100 is 50`],
  ],
  [
    'an operation',
    { access: { read: signedIn, write: never } },
    {},
    ['+ DELETE /v1/notes/{id}: new', '+ POST /v1/notes: new'],
    ['! DELETE /v1/notes/{id}: removed', '! POST /v1/notes: removed'],
  ],
  [
    'a version',
    {},
    { versions: [asStored('v1', schema), second] },
    ['+ GET /v2/notes: new'],
    ['! GET /v2/notes: removed'],
  ],
  [
    'If-Match',
    {},
    { requireIfMatch: true },
    ['! PUT /v1/notes/{id}: header If-Match: required'],
    ['+ PUT /v1/notes/{id}: header If-Match: can be absent'],
  ],
  [
    'access of all',
    {},
    { access: { read: anyone, write: signedIn } },
    [`+ ${one}: access: more callers are allowed`],
    [`! ${one}: access: some callers may not be allowed any more`],
  ],
  [
    'access to a field',
    {},
    { access: { read: signedIn, write: signedIn, fields: { title: { read: role('admin') } } } },
    [
      '! notes: field title read: some callers may not be allowed any more',
      `! ${one}: answer 200 application/json.title: can be absent`,
    ],
    ['+ notes: field title read: more callers are allowed'],
  ],
  [
    'a media type of answers',
    {},
    { export: { formats: ['csv'] } },
    [`+ ${list}: new answer 200 text/csv`],
    [`! ${list}: no answer 200 text/csv any more`],
  ],
  [
    'access to exports',
    { export: { formats: ['csv'], access: scope('bulk') } },
    { export: { formats: ['csv'] } },
    ['+ notes: exports: more callers are allowed'],
    ['! notes: exports: some callers may not be allowed any more'],
  ],
]

describe.each(cases)('%s', (_name, before, after, forth, back) => {
  it('is reported where it comes', () => {
    expect(changes(surface(before), surface(after))).toEqual(expect.arrayContaining([...forth]))
  })

  it('is reported where it goes', () => {
    expect(changes(surface(after), surface(before))).toEqual(expect.arrayContaining([...back]))
  })
})

it.each([
  ['signed in', scope('a'), signedIn, true],
  ['one more way', owner('owner'), any(owner('owner'), role('admin')), true],
  ['one condition less', all(scope('a'), role('admin')), role('admin'), true],
  ['another scope', scope('a'), scope('b'), false],
  ['a scope more', scope('a'), all(scope('a'), scope('b')), false],
  ['never', scope('a'), never, false],
  ['two ways instead of one', any(scope('a'), scope('b')), any(scope('b'), scope('a')), true],
] as const)('judges access by %s', (_name, before, after, isWider) => {
  const of = (access: Surface['operations'][string]['access']): Surface => ({
    operations: { 'GET /v1/notes': { access, parameters: {}, answers: {} } },
    resources: {},
    schemas: {},
  })
  expect(contractChanges(of(before), of(after), now).map(({ breaks }) => breaks)).toEqual([!isWider])
})

it('judges stored fields by the migrations of the release', () => {
  const demanding = withFields({ ...fields, mood: Type.String() })
  const migrations = [migrate({ to: 2, changes: ['mood'], up: () => ({ mood: 'good' }) })]
  const migrated = surface({ ...demanding, migrations })
  expect(changes(surface(), surface(demanding))).toContain('! notes: stored document.mood: new and required')
  expect(changes(surface(), migrated)).toContain(
    '+ notes: stored document.mood: new and required (by a migration)',
  )
  const removal = migrate({ to: 3, changes: ['mood'], up: () => ({}) })
  expect(changes(migrated, surface({ migrations: [...migrations, removal] }))).toContain(
    "! notes: migration 3 removes 'mood', which the last release reads",
  )
  expect(changes(migrated, surface(demanding))).toContain('! notes: migration 2 is gone')
})

it('lets a version go after its sunset, and not before', () => {
  const sunset = (sunsetAt: string) =>
    representation('v1', {
      stored: schema,
      schema,
      fromStored: (stored) => stored,
      toStored: (input) => input,
      paths: {},
      deprecation: { deprecatedAt: '2026-01-01T00:00:00Z', sunsetAt, successor: 'v2' },
    })
  const ended = surface({ versions: [sunset('2026-05-01T00:00:00Z'), second] })
  const ending = surface({ versions: [sunset('2026-07-01T00:00:00Z'), second] })
  const gone = surface({ versions: [second] })
  expect(changes(ended, gone)).toContain('+ GET /v1/notes: removed after its sunset')
  expect(changes(ending, gone)).toContain('! GET /v1/notes: removed')
  expect(changes(ending, ended)).toContain(
    '! GET /v1/notes: sunset at 2026-05-01T00:00:00Z, and not at 2026-07-01T00:00:00Z',
  )
})

it('reports nothing between equal contracts, whatever their prose is', () => {
  expect(changes(surface(), surface({ description: 'Other words.' }))).toEqual([])
})

it('keeps a property that is called like a keyword without meaning', () => {
  const described = withFields({ ...fields, description: Type.String({ maxLength: 9 }) })
  expect(changes(surface(described), surface())).toContain('! POST /v1/notes: body.description: removed')
})
