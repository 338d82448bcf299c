/** Arguments of a `Response` that repeats an answer of ours. */
export interface HeldAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** @param text JSON: `{ status, fields, body }` */
export function holdAnswer(text: string): HeldAnswer {
  const { status, fields, body } = JSON.parse(text)
  return { status, headers: new Headers(fields), body: new TextEncoder().encode(body) }
}
