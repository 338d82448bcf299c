import { action, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { reviews } from './reviews.ts'

export const praise = action('praise', {
  description: 'Writes a good review.',
  on: reviews,
  target: 'collection',
  access: signedIn,
  input: Type.Object({ bookingId: Type.String({ maxLength: 64 }) }),
  output: reviews,
})
