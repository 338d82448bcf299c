/** An answer of ours, ready to be sent again: what a `Response` takes. */
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
