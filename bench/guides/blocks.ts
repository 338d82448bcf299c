import { lexer, type Token, walkTokens } from 'marked'

/** A fenced block of code of a Markdown page. */
export interface Block {
  readonly language: string
  readonly text: string
  /** Path from the root that its first line names in a comment; `undefined`: none. */
  readonly file: string | undefined
  /**
   * Commands that readers do not see: they produce the block's answer, or run before the block. From a comment
   * `<!-- run … -->` right before it.
   */
  readonly hidden: string | undefined
}

const fileComment = /^(?:\/\/|<!--) ([\w.-]+(?:\/[\w.-]+)+)(?: -->)?\n/
const hiddenCommands = /^<!-- run\s([\s\S]*?)-->\s*$/

/** The blocks of a page in their order. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  let hidden: string | undefined
  walkTokens(lexer(markdown), (token) => {
    if (token.type === 'space') return
    if (token.type === 'code' && token.lang !== undefined && token.lang !== '') {
      const { lang: language, text } = token
      blocks.push({ language, text: `${text}\n`, file: fileComment.exec(text)?.[1], hidden })
    }
    hidden = hiddenOf(token)
  })
  return blocks
}

const hiddenOf = (token: Token): string | undefined =>
  token.type === 'html' ? hiddenCommands.exec(token.raw)?.[1]?.trim() : undefined

/** Text of a block without the comment that names its file. */
export const codeOf = ({ text }: Block): string => text.replace(fileComment, '')
