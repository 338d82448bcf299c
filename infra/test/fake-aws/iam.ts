import type { Fields } from './protocol.ts'

/** A statement of an IAM policy, its references resolved. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Fields>>
}

/** One thing that a call does, as IAM sees it. */
export interface Wanted {
  readonly action: string
  readonly resource: string
  /** Values of condition keys that the request has. */
  readonly context?: Readonly<Record<string, string>>
}

/**
 * Whether the statements allow it: a matching deny wins, and what nothing allows is denied ("Policy evaluation logic",
 * docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). A condition operator that is not
 * known here denies.
 */
export function isAllowed(statements: readonly Statement[], wanted: Wanted): boolean {
  const matching = statements.filter((statement) => matches(statement, wanted))
  return matching.length > 0 && matching.every(({ Effect }) => Effect === 'Allow')
}

function matches({ Action, Resource, Condition = {} }: Statement, wanted: Wanted): boolean {
  return (
    [Action].flat().some((pattern) => like(pattern.toLowerCase(), wanted.action.toLowerCase())) &&
    [Resource].flat().some((pattern) => like(pattern, wanted.resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, wanted.context?.[key], values)),
    )
  )
}

function holds(operator: string, actual: string | undefined, values: unknown): boolean {
  if (actual === undefined) return false
  const expected = [values].flat().map(String)
  if (operator === 'StringEquals' || operator === 'Bool') return expected.includes(actual)
  if (operator === 'StringLike' || operator === 'ArnLike')
    return expected.some((pattern) => like(pattern, actual))
  return false
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*').replaceAll('\\?', '.')}$`, 's').test(text)

const escaped = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&')
