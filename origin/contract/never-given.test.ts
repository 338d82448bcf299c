import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { anyone, asStored, never, owner, resource, signedIn } from './index.ts'

const schema = Type.Object({
  reporterId: Type.String({ maxLength: 255 }),
  title: Type.String({ maxLength: 200 }),
  status: Type.Enum(['open', 'closed']),
})
const readOnly = ['reporterId', 'status'] as const
const base = {
  description: 'Tickets.',
  schema,
  access: { read: anyone, write: owner('reporterId') },
  versions: [asStored('v1', schema, { readOnly: [...readOnly] })],
}
const problem = /'status' is required, but no create gives it: compute it in set/

describe('a required field that no create gives', () => {
  it('stops the start', () => {
    expect(() => resource('tickets', base)).toThrow(problem)
  })

  it('may come from set', () => {
    expect(() =>
      resource('tickets', { ...base, set: { status: ({ status }) => status ?? 'open' } }),
    ).not.toThrow()
  })

  it('may come from another version', () => {
    const versions = [...base.versions, asStored('v2', schema, { readOnly: ['reporterId'] })]
    expect(() => resource('tickets', { ...base, versions })).not.toThrow()
  })

  it('may come from the version', () => {
    const [view] = base.versions
    const toStored = (input: object) => ({ ...input, status: 'open' as const })
    // The cast: the version's own code adds the field.
    const versions = [{ ...view, toStored }] as never
    expect(() => resource('tickets', { ...base, versions })).not.toThrow()
  })

  it('does no harm where only actions create', () => {
    const access = { read: anyone, create: never, update: signedIn, delete: never }
    expect(() => resource('tickets', { ...base, access })).not.toThrow()
  })

  it('is found if its own rule lets nobody write it', () => {
    const access = { ...base.access, fields: { status: { write: never } } }
    const versions = [asStored('v1', schema, { readOnly: ['reporterId'] })]
    expect(() => resource('tickets', { ...base, access, versions })).toThrow(problem)
  })
})
