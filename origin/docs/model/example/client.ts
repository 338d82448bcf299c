import { ApiProblem, connect } from '@spillway/origin/client'
import type { defineApplication } from '@spillway/origin/contract'
import type { articles } from './articles.ts'

// In an application: import type { application } from './application/index.ts', and `typeof application`.
type Application = ReturnType<typeof defineApplication<typeof articles>>

export interface Session {
  accessToken(options: { renew: boolean }): Promise<string>
}

export async function tidyUp(url: string, session: Session): Promise<readonly string[]> {
  const { v1 } = connect<Application>({
    url,
    token: ({ expired }) => session.accessToken({ renew: expired }),
  })
  try {
    // A document and its ETag. A change that is given both only replaces the version that was read.
    const article = await v1.articles.create({ slug: 'first', title: 'first', isLocked: false })
    await v1.articles.patch(article, { title: 'A better title' })
    // Reads, patches, and starts again if another write came between.
    await v1.articles.change(article.document.id, ({ title }) => ({ title: title.toUpperCase() }))
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === 'unique-conflict')) throw error
  }
  // All documents of a list, page by page.
  const titles: string[] = []
  for await (const { title } of v1.articles.list({ filter: { slug: { prefix: 'f' } } })) titles.push(title)
  return titles
}
