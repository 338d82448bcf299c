import { anyone, asStored, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({ text: Type.String({ minLength: 1, maxLength: 500 }) })

export const notes = resource('notes', {
  description: 'Notes.',
  schema: stored,
  access: { read: anyone, write: anyone },
  versions: [asStored('v1', stored)],
})
