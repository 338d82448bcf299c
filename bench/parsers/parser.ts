/**
 * One function that reads text from outside, and the inputs that cost it most. The length of a header or of a part of a
 * body is the caller's choice, so the cost of reading it must grow no faster than the text does.
 */
export interface Parser {
  /** As it stands in the figures: the field or the part of a request that it reads. */
  readonly name: string
  /** The file that it lives in, from the root of the repository. */
  readonly file: string
  readonly parse: (text: string) => unknown
  /** At least {@link worstLength} characters each. */
  readonly worst: readonly string[]
}

/** As much as the edge takes of one header: 16 KB. */
export const worstLength = 16_384

/** `text`, again and again until it is {@link worstLength} long, between a beginning and an end. */
export const repeated = (text: string, before = '', after = ''): string =>
  before + text.repeat(Math.ceil((worstLength - before.length - after.length) / text.length)) + after

/** As many different members as fit into {@link worstLength}, each made from its number. */
export function different(member: (n: number) => string): string {
  let text = ''
  for (let n = 0; text.length < worstLength; n += 1) text += member(n)
  return text
}
