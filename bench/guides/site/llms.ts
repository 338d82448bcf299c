import type { Section } from '../pages.ts'
import type { SitePage } from './site-page.ts'

/** The site for programs that read text: https://llmstxt.org. */

const head = (summary: string): string => `# Spillway\n\n> ${summary}\n`

/** `llms.txt`: a line for each page, with a link to its Markdown. */
export function llmsIndex(
  summary: string,
  sections: readonly Section[],
  pages: ReadonlyMap<string, SitePage>,
): string {
  const lists = sections.map(({ title, files }) => {
    const lines = files.flatMap((file) => {
      const page = pages.get(file)
      return page === undefined ? [] : [`- [${page.title}](${page.path}.md): ${firstSentence(page.summary)}`]
    })
    return `\n## ${title}\n\n${lines.join('\n')}\n`
  })
  return head(summary) + lists.join('')
}

/** `llms-full.txt`: the guides as one text. */
export function llmsText(
  summary: string,
  sections: readonly Section[],
  pages: ReadonlyMap<string, SitePage>,
): string {
  const guides = sections.filter(({ isGuide }) => isGuide).flatMap(({ files }) => files)
  const texts = guides.map((file) => {
    const page = pages.get(file)
    return page === undefined ? '' : `\n<!-- ${page.path}.md -->\n\n${page.markdown.trim()}\n`
  })
  return head(summary) + texts.join('')
}

const firstSentence = (text: string): string => /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
