import { parseSync } from 'rolldown/utils'
import { isTest } from './import-directions.ts'

/** Code that runs in production or on a developer's machine. Tests may cast without a word. */
const product =
  /^(origin\/(application|client|contract|dev|scripts|src|testing)|edge\/(application|dev|src)|infra|bench)\//

/** Nodes of ESTree above which a comment belongs to all of the node. */
const isCommentable = /(Statement|Declaration|Definition|Property)$/
const isFunction = /Function/

/**
 * Casts outside of tests without a sentence that says why they hold. A cast is `as` (not `as const`), `<Type>value`,
 * `!` after a value or after the name of a variable or field. Its sentence is a comment with the word "cast", within
 * its statement and before the cast's end, or on the line above a statement, field or function around it. A sentence
 * about "casts" holds for the rest of its function.
 *
 * @param files paths from the root
 * @returns a line each: `origin/src/app.ts:12`
 */
export function unexplainedCasts(
  files: readonly string[],
  read: (file: string) => string,
): readonly string[] {
  return files
    .filter((file) => product.test(file) && file.endsWith('.ts') && !isTest(file))
    .flatMap((file) => unexplainedLines(file, read(file)).map((line) => `${file}:${line}`))
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

function unexplainedLines(file: string, text: string): readonly number[] {
  const { program, comments } = parseSync(file, text, { lang: 'ts' })
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length
  const lines = text.split('\n')
  const sentences = comments.filter(({ value }) => /\bcasts?\b/i.test(value))
  // Line comments on successive lines are one comment.
  const lastLines = new Set(
    sentences.map(({ end }) => {
      let line = lineOf(end)
      while (lines[line]?.trimStart().startsWith('//')) line += 1
      return line
    }),
  )
  const isExplained = (cast: Node, around: readonly Node[]): boolean => {
    const commented = around.filter(({ type }) => isCommentable.test(type))
    const functions = around.filter(({ type }) => isFunction.test(type))
    const statement = commented.at(-1) ?? cast
    return (
      commented.some((node) => lastLines.has(lineOf(node.start) - 1)) ||
      sentences.some(({ start, value }) => {
        const scopes = /\bcasts\b/i.test(value) ? [statement, ...functions] : [statement]
        return start < cast.end && scopes.some((scope) => start >= scope.start)
      })
    )
  }
  const unexplained = new Set<number>()
  const visit = (node: Node, around: readonly Node[]): void => {
    const within = [...around, node]
    if (isCast(node, text) && !isExplained(node, within)) unexplained.add(lineOf(node.end))
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, within)
  }
  visit(program, [])
  return [...unexplained]
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value

function isCast(node: Node, text: string): boolean {
  switch (node.type) {
    case 'TSAsExpression':
      return !/\bas\s+const$/.test(text.slice(node.start, node.end))
    case 'TSTypeAssertion':
    case 'TSNonNullExpression':
      return true
    default:
      return 'definite' in node && node.definite === true
  }
}
