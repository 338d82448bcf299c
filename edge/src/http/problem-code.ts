/** The `code` of a problem's JSON text; `undefined` if the text is no problem. */
export function codeOf(text: string): unknown {
  try {
    const problem: unknown = JSON.parse(text)
    return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined
  } catch {
    return undefined
  }
}
