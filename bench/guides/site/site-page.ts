import { dirname, join, relative } from 'node:path/posix'
import { lexer, type Token, type Tokens, walkTokens } from 'marked'
import { sitePath } from '../pages.ts'

/** A page as the site has it: relative links lead to pages of the site; the others name a file of the repository. */
export interface SitePage {
  readonly file: string
  readonly path: string
  readonly title: string
  /** The second part of its heading, and its first paragraph, as plain text. */
  readonly summary: string
  readonly markdown: string
}

/**
 * @param file path from the root
 * @param files all pages of the site
 */
export function sitePage(file: string, source: string, files: ReadonlySet<string>): SitePage {
  const tokens = lexer(source)
  const heading = tokens.find((token): token is Tokens.Heading => token.type === 'heading')
  const paragraph = tokens.find((token): token is Tokens.Paragraph => token.type === 'paragraph')
  let markdown = ''
  let rest = source.replaceAll(/<!-- run\s[\s\S]*?-->\n\n/g, '')
  // Links in the order of the text, each replaced once.
  walkTokens(tokens, (token) => {
    if (token.type !== 'link' || /^[a-z]+:|^#/.test(token.href)) return
    const at = rest.indexOf(token.raw)
    if (at < 0) return
    // The cast is safe: a token of this type is a link.
    markdown += rest.slice(0, at) + linkOf(file, token as Tokens.Link, files)
    rest = rest.slice(at + token.raw.length)
  })
  const [title = '', subtitle] = plainText(heading).split(': ')
  const first = plainText(paragraph).replaceAll(/\s+/g, ' ')
  return {
    file,
    path: sitePath(file),
    title,
    summary: subtitle === undefined ? first : `${subtitle[0]?.toUpperCase()}${subtitle.slice(1)}. ${first}`,
    markdown: markdown + rest,
  }
}

function linkOf(file: string, { href, text }: Tokens.Link, files: ReadonlySet<string>): string {
  const [path = '', fragment] = href.split('#')
  const target = join(dirname(file), path).replace(/\/$/, '')
  const linked = [target, `${target}/README.md`].find((known) => files.has(known))
  if (linked === undefined) return `<span title="${target}, in the repository">${text}</span>`
  const from = dirname(sitePath(file))
  const to = relative(from, sitePath(linked))
  return `[${text}](${to.startsWith('.') ? to : `./${to}`}.md${fragment === undefined ? '' : `#${fragment}`})`
}

const plainText = (token: Token | undefined): string => {
  if (token === undefined) return ''
  return 'tokens' in token && token.tokens !== undefined
    ? token.tokens.map(plainText).join('')
    : token.raw.replaceAll('`', '')
}
