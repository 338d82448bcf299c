import { globSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import GithubSlugger from 'github-slugger'
import { lexer, type Token, type Tokens, walkTokens } from 'marked'

/** Paths that name a file by its extension or a folder by its last slash: not URLs, media types or package names. */
const namesFile = /^[\w.][\w./-]*\/(?:[\w.-]+\.(?:html|js|json|jsonc|md|mjs|sh|svg|ts|yaml|yml))?$/
/** Files that a reader writes, or that a program leaves outside the repository. */
const namesOther = /^origin\/application\/|\.spillway\/|\bNAME\b/

/**
 * Links of Markdown documents that lead nowhere: relative links to a file or folder that is missing, fragments that no
 * heading has, and paths in code spans that no file ends with. Links to other hosts are not followed.
 *
 * @param files paths from the root, documents included
 * @returns a line each: `edge/README.md: no heading 'stages' in edge/README.md`
 */
export function deadLinks(files: readonly string[], read: (file: string) => string): readonly string[] {
  const paths = new Set(files.flatMap(withFolders))
  const documents = new Map(
    files.filter((file) => file.endsWith('.md')).map((file) => [file, lexer(read(file))]),
  )
  const dead = new Set<string>()
  for (const [document, tokens] of documents) {
    walkTokens(tokens, (token) => {
      const target = targetOf(document, token)
      if (target === undefined) return
      if (!isPresent(target.path, paths, token)) dead.add(`${document}: no file '${target.path}'`)
      const linked = documents.get(target.path)
      if (target.fragment === '' || linked === undefined || headingIds(linked).has(target.fragment)) return
      dead.add(`${document}: no heading '${target.fragment}' in ${target.path}`)
    })
  }
  return [...dead]
}

/** File that a link, picture or code span names; `undefined`: none of this repository. */
function targetOf(document: string, token: Token): { path: string; fragment: string } | undefined {
  if (token.type === 'codespan') {
    const named = token.text.replace(/^(?:\.\.?\/)+/, '')
    return namesFile.test(named) && !namesOther.test(named) ? { path: named, fragment: '' } : undefined
  }
  if (token.type !== 'link' && token.type !== 'image') return undefined
  const [path = '', fragment = ''] = token.href.split('#')
  if (/^[a-z]+:/.test(path)) return undefined
  return { path: path === '' ? document : join(dirname(document), path), fragment }
}

/** Whether the repository has the path; of a code span, whether it has one that ends so. */
function isPresent(path: string, paths: ReadonlySet<string>, { type }: Token): boolean {
  const plain = path.replace(/\/$/, '')
  return paths.has(plain) || (type === 'codespan' && [...paths].some((known) => known.endsWith(`/${plain}`)))
}

/** Ids that GitHub gives the headings of a document. */
function headingIds(tokens: readonly Token[]): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  const headings = tokens.filter((token): token is Tokens.Heading => token.type === 'heading')
  return new Set(headings.map((heading) => slugger.slug(plainText(heading))))
}

const plainText = (token: Token): string =>
  'tokens' in token && token.tokens !== undefined
    ? token.tokens.map(plainText).join('')
    : token.raw.replaceAll('`', '')

/** A path and every folder above it. */
function withFolders(path: string): readonly string[] {
  const folder = dirname(path)
  return folder === '.' ? [path] : [path, ...withFolders(folder)]
}

/** Files below the root that a link may name: paths from the root. A checkout need not be a repository. */
export const linkableFiles = (root: string): readonly string[] =>
  globSync(['**/*', '.github/**/*', '.vscode/*'], {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => ['node_modules', 'cdk.out', '.git', '.spillway'].includes(entry.name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
