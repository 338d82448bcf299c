import { anyone, query } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { articles } from './articles.ts'

export const byAuthor = query('by-author', {
  description: 'How many articles an author has, and the first of them.',
  on: articles,
  access: anyone,
  parameters: Type.Object({
    authorId: Type.String({ maxLength: 255 }),
    limit: Type.Integer({ minimum: 1, maximum: 20, default: 5 }),
  }),
  output: Type.Object({
    count: Type.Integer(),
    isMore: Type.Boolean({ description: 'Whether there are more than were counted.' }),
    first: Type.Array(Type.Object({ id: Type.String(), title: Type.String() })),
  }),
  cache: { maxAge: '1m', staleWhileRevalidate: '10m', staleIfError: '1d' },
})
