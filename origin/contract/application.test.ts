import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { anyone } from './access.ts'
import { type ApplicationDefinition, defineApplication } from './application.ts'
import { asStored, resource } from './resource.ts'
import { sloOf } from './slo.ts'

const schema = Type.Object({ text: Type.String({ maxLength: 80 }) })
const notes = resource('notes', {
  description: 'Notes.',
  schema,
  access: { read: anyone, write: anyone },
  versions: [asStored('v1', schema)],
})
const comment = Type.Object({ noteId: Type.String() })
const comments = resource('comments', {
  description: 'Comments.',
  schema: comment,
  access: { read: anyone, write: anyone },
  references: { noteId: 'note' },
  versions: [asStored('v1', comment)],
})
const definition = { name: 'notes', title: 'Notes', summary: 'Notes of everybody.', resources: [notes] }

describe('an application', () => {
  it('has its resources by name', () => {
    const { resources, ...rest } = defineApplication(definition)
    expect([...resources]).toEqual([['notes', notes]])
    expect(rest).toEqual({
      name: 'notes',
      title: 'Notes',
      summary: 'Notes of everybody.',
      license: undefined,
      slo: sloOf(),
    })
  })

  it.each([
    ['a name that is none', { name: 'My app' }, /name: use lower-case letters/],
    ['no title', { title: ' ' }, /title is empty/],
    ['no summary', { summary: undefined }, /summary is missing: add it/],
    ['no resources', { resources: [] }, /resources is empty/],
    ['an objective without a budget', { slo: { critical: { availability: 1 } } }, /leaves no budget/],
    [
      'a misspelt priority',
      { slo: { crtical: {} } },
      /option 'slo.crtical' is unknown: did you mean 'critical'/,
    ],
    [
      'an unknown option',
      { softDelete: true },
      /option 'softDelete' is unknown: use name, title, summary, contact, license, resources, actions, queries, receivers or slo/,
    ],
    [
      'a reference to a resource that it does not have',
      { resources: [notes, comments] },
      /references of 'comments': 'noteId' refers to 'note', which is not in resources: did you mean 'notes'\?/,
    ],
    ['two resources of one name', { resources: [notes, notes] }, /resource 'notes':\n {2}- is defined twice/],
  ])('with %s is refused', (_what, change, message) => {
    const wrong = { ...definition, ...change } as unknown as ApplicationDefinition
    expect(() => defineApplication(wrong)).toThrow(message)
  })

  it('is told all of its mistakes at once', () => {
    expect(() => defineApplication({ ...definition, title: '', summary: '' })).toThrow(
      "application 'notes':\n  - title is empty: say what the API is called\n  - summary is empty",
    )
  })
})
