import { answer } from '@spillway/origin/server'
import { articles } from '../articles.ts'
import { byAuthor } from '../by-author.ts'

export const answerByAuthor = answer(byAuthor, async ({ parameters: { authorId, limit }, store }) => {
  const filter = { authorId }
  const [{ value, isMore }, first] = await Promise.all([
    store.count(articles, { filter }),
    store.list(articles, { filter, sort: 'slug', limit }),
  ])
  return { count: value, isMore, first: first.map(({ id, title }) => ({ id, title })) }
})
