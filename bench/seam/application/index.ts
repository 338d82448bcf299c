import { defineApplication } from '@spillway/origin/contract'
import { notes } from './resources/notes.ts'

/** The least that a team may begin with: what takes the sample's place in the copy of the checkout. */
export const application = defineApplication({
  name: 'notes',
  title: 'Notes',
  summary: 'Short notes that everybody may read and write.',
  resources: [notes],
})
