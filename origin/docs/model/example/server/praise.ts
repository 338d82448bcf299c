import { implement } from '@spillway/origin/server'
import { praise } from '../praise.ts'
import { reviews } from '../reviews.ts'

export const writePraise = implement(praise, ({ input, principal, store }) =>
  store.create(reviews, { ...input, stars: 5, authorId: principal?.subject ?? '' }),
)
