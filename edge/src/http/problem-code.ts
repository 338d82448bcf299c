/** The code of a problem (RFC 9457) from the origin's text; `undefined` where it is none. */
export function problemCode(text: string): unknown {
  try {
    const problem: unknown = JSON.parse(text)
    return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined
  } catch {
    return undefined
  }
}
