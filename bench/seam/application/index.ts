import { defineApplication } from '@spillway/origin/contract'
import { notes } from './resources/notes.ts'

/** The smallest application that a team may begin with. It replaces the sample in the copy of the checkout. */
export const application = defineApplication({
  name: 'notes',
  title: 'Notes',
  summary: 'Short notes that everybody may read and write.',
  resources: [notes],
})
