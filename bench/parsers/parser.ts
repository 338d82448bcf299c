/**
 * One function that reads text from outside, and its most expensive inputs. The caller chooses the length of a header
 * or of a part of a body, so the time must not grow faster than the length.
 */
export interface Parser {
  /** Name in the figures: the field or the part of a request. */
  readonly name: string
  /** File of the parser, from the root of the repository. */
  readonly file: string
  readonly parse: (text: string) => unknown
  /** At least {@link worstLength} characters each. */
  readonly worst: readonly string[]
}

/** Maximum length of one header at the edge: 16 KB. */
export const worstLength = 16_384

/** Repeats `text` up to {@link worstLength} characters, between a beginning and an end. */
export const repeated = (text: string, before = '', after = ''): string =>
  before + text.repeat(Math.ceil((worstLength - before.length - after.length) / text.length)) + after

/** Joins as many different members as fit into {@link worstLength}, each made from its number. */
export function different(member: (n: number) => string): string {
  let text = ''
  for (let n = 0; text.length < worstLength; n += 1) text += member(n)
  return text
}
