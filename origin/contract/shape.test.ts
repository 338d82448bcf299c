import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { resources } from '../test/fixture/application.ts'
import { anyone } from './access.ts'
import type { Fields, Representation } from './definition.ts'
import { asStored, resource } from './resource.ts'
import { revisionOf } from './shape.ts'
import { sampleDocuments } from './shape-samples.ts'

const stored = Type.Object({
  name: Type.String({ maxLength: 80 }),
  kind: Type.Enum(['capital', 'city']),
  population: Type.Integer({ minimum: 0 }),
  region: Type.Optional(Type.String({ maxLength: 20 })),
})

/** A helper that the text of its caller does not contain. */
let sign = '!'
const signed = (name: unknown) => `${name}${sign}`

const plain: Representation = {
  version: 'v1',
  schema: stored,
  fromStored: (document) => document,
  toStored: (input) => input,
  paths: {},
}

function view(changes: Partial<Representation> = {}, schema = stored) {
  const definition = { description: 'x', schema, access: { read: anyone, write: anyone } } as const
  const made = resource('x', { ...definition, versions: [{ ...plain, ...changes }] }).versions.get('v1')
  if (made === undefined) throw new Error('has no v1')
  return made
}

describe('the shape of a representation', () => {
  it('is the same for the same definition, in the same place or not', () => {
    expect(view().shape).toBe(view().shape)
    expect(view().shape).toMatch(/^[0-9a-z]{8}$/)
    expect(view({ fromStored: (renamed) => ({ ...renamed }) }).shape).toBe(view().shape)
  })

  it('does not depend on toStored', () => {
    expect(view({ toStored: (input) => ({ ...input, region: '11' }) }).shape).toBe(view().shape)
  })

  const changes: Readonly<Record<string, Partial<Representation>>> = {
    'a name that is shown in another way': { fromStored: (d) => ({ ...d, name: `${d.name}!` }) },
    'a field that is left out': { fromStored: ({ population, ...rest }) => rest },
    'a field that is left out of the schema': {
      schema: Type.Omit(stored, ['population']) as never,
      toStored: (input) => ({ population: 0, ...input }),
    },
    'one kind that is renamed': {
      fromStored: (d) => ({ ...d, kind: d.kind === 'capital' ? 'city' : d.kind }),
    },
    'a default where an optional field is missing': { fromStored: (d) => ({ region: '', ...d }) },
    'a threshold': {
      fromStored: (d) => ({ ...d, kind: Number(d.population) > 1_000_000 ? 'city' : d.kind }),
    },
    'another path of a filter': { paths: { name: 'region' } },
    'a declared revision': { revision: 1 },
  }
  for (const [what, change] of Object.entries(changes)) {
    it(`changes with ${what}`, () => {
      expect(view(change).shape).not.toBe(view().shape)
    })
  }

  it('changes with a helper that the function’s text does not contain', () => {
    const fromStored = (d: Fields) => ({ ...d, name: signed(d.name) })
    const before = view({ fromStored }).shape
    sign = '?'
    expect(view({ fromStored }).shape).not.toBe(before)
  })

  it('is stable if a function throws on every sample', () => {
    const fromStored = (): Fields => {
      throw new Error('never made for this')
    }
    expect(view({ fromStored }).shape).toBe(view({ fromStored }).shape)
  })

  it('does not depend on a function that changes its argument', () => {
    const fromStored = (d: Fields) => Object.assign(d, { name: `${d.name}!` })
    expect(view({ fromStored }).shape).toBe(view({ fromStored: (d) => ({ ...d, name: `${d.name}!` }) }).shape)
  })
})

describe('the revision of a representation', () => {
  it('changes with code that no sample reaches', () => {
    const rare = view({ fromStored: (d) => (d.name === 'London' ? { ...d, name: 'London!' } : d) })
    expect(rare.shape).toBe(view().shape)
    expect(revisionOf(rare)).not.toBe(revisionOf(view()))
  })

  it('is the same whichever copy of the definition computes it', () => {
    expect(revisionOf(view())).toBe(revisionOf(view()))
    expect(revisionOf(view())).toMatch(/^[0-9a-z]{8}$/)
  })

  it('differs between versions of a resource that show different fields', () => {
    for (const { name, versions } of resources.values()) {
      if (name !== 'places') continue
      expect(new Set([...versions.values()].map(revisionOf)).size).toBe(versions.size)
    }
  })

  it('is passed on by both ways to define a representation', () => {
    const revisions = [0, 1].map((revision) => view(asStored('v1', stored, { revision })).shape)
    expect(new Set(revisions).size).toBe(2)
  })
})

describe('sample documents', () => {
  it('contain every enum value, and each optional field both present and absent', () => {
    const samples = sampleDocuments(stored)
    expect(new Set(samples.map(({ kind }) => kind))).toEqual(new Set(['capital', 'city']))
    expect(new Set(samples.map((sample) => 'region' in sample))).toEqual(new Set([true, false]))
    expect(samples.every((sample) => 'name' in sample)).toBe(true)
  })

  it('have a value for each item of a tuple', () => {
    const pair = Type.Tuple([Type.Boolean(), Type.Integer({ minimum: 0, maximum: 9 })])
    const pairs = sampleDocuments(Type.Object({ pair })).map((document) => document.pair)
    expect(new Set(pairs.map((one) => JSON.stringify(one)))).toContain('[false,9]')
    expect(pairs.every((one) => Array.isArray(one) && one.length === 2)).toBe(true)
  })

  it('are the same every time', () => {
    for (const { schema } of resources.values()) {
      expect(sampleDocuments(schema)).toEqual(sampleDocuments(schema))
    }
  })
})
