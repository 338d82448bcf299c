/** Checks and parsers of settings. None throws: a setting may hold any text. */

export const split = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

export const isCount = (value: unknown, min = 1): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= min

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

export const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isText)

export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/** Members of a value that should be an object; none if it is not. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

export const isUnset = (text: string | undefined): text is '' | undefined => text === undefined || text === ''

/** One of the choices. Anything else is recorded as a mistake, and the first choice is returned. */
export function readChoice<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly [Choice, ...Choice[]],
  mistakes: string[],
): Choice {
  if (text === undefined || text === '') return choices[0]
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) mistakes.push(`${name}: '${text}' must be one of ${choices.join(', ')}.`)
  return choice ?? choices[0]
}
